//! A body that is counted and must keep its pace.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::options::BodyPace;
use super::tenant_use::RequestUse;

pin_project! {
    /// A request's body behind a [`LimitLayer`](super::LimitLayer). It ends with an error where
    /// the tenant's limits end.
    #[derive(Debug)]
    pub struct LimitedBody<B> {
        #[pin]
        body: B,
        request: Arc<RequestUse>,
        pace: BodyPace,
        start: Instant,
        bytes: u64,
        timeout: Option<Pin<Box<Sleep>>>,
        is_done: bool,
    }
}

impl<B> LimitedBody<B> {
    pub(super) fn new(body: B, request: Arc<RequestUse>, pace: BodyPace) -> Self {
        let start = Instant::now();
        Self { body, request, pace, start, bytes: 0, timeout: None, is_done: false }
    }
}

impl<B> Body for LimitedBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.project();
        if *this.is_done {
            return Poll::Ready(None);
        }
        let Poll::Ready(frame) = this.body.poll_frame(cx) else {
            let timeout = this.timeout.get_or_insert_with(|| {
                let idle = Instant::now() + this.pace.idle_max;
                let slow = this.start.checked_add(this.pace.time_for(*this.bytes));
                Box::pin(sleep_until(slow.map_or(idle, |slow| slow.min(idle))))
            });
            ready!(timeout.as_mut().poll(cx));
            *this.is_done = true;
            this.request.is_too_slow();
            return Poll::Ready(Some(Err("the body came too slowly".into())));
        };
        // The next wait is one of its own.
        *this.timeout = None;
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => return Poll::Ready(None),
        };
        let length = frame.data_ref().map_or(0, Buf::remaining);
        *this.bytes += length as u64;
        if !this.request.receive(length) {
            *this.is_done = true;
            return Poll::Ready(Some(Err("too many bytes are in flight".into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.is_done || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
