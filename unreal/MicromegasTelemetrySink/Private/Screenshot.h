// A picture of the viewport as an image of the telemetry.
#pragma once

// Asks for one; it is sent when the viewport has drawn its next frame.
void SendScreenshot();
// Forgets one that was asked for: nobody must call this module when it is gone.
void CancelScreenshot();
