#include "Screenshot.h"

#include "CoreMinimal.h"
#include "Engine/GameViewportClient.h"
#include "ImageUtils.h"
#include "MicromegasTracing/Dispatch.h"
#include "UnrealClient.h"

namespace {

FDelegateHandle CaptureHandle;

void OnCaptured(int32 Width, int32 Height, const TArray<FColor>& Pixels) {
	CancelScreenshot();
	TArray<FColor> Opaque = Pixels;
	for (FColor& Pixel : Opaque) {
		Pixel.A = 255;
	}
	TArray<uint8> Png;
	FImageUtils::ThumbnailCompressImageArray(Width, Height, Opaque, Png);
	MicromegasTracing::Dispatch::SendImage(TEXT("screenshot"), TEXT("image/png"), Png);
}

} // namespace

void SendScreenshot() {
	if (!CaptureHandle.IsValid()) {
		CaptureHandle = UGameViewportClient::OnScreenshotCaptured().AddStatic(&OnCaptured);
	}
	FScreenshotRequest::RequestScreenshot(false);
}

void CancelScreenshot() {
	if (CaptureHandle.IsValid()) {
		UGameViewportClient::OnScreenshotCaptured().Remove(CaptureHandle);
		CaptureHandle.Reset();
	}
}
