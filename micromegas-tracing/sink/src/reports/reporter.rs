//! The thread that makes reports when they are due.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// How long the end of the reporter may take.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// Something that is reported again and again.
pub(crate) trait Report: Send {
    /// The time from one report to the next.
    fn period(&self) -> Duration;

    /// Records what there is to say.
    fn report(&mut self);
}

/// Reports at once and periodically until it is dropped, and then once more.
#[derive(Debug)]
pub(crate) struct Reporter {
    stop: Option<Sender<()>>,
    /// Closed when the thread has ended. It is not joined: in the child of a fork it does not exist.
    ended: Receiver<()>,
}

impl Reporter {
    pub(crate) fn start(reports: Vec<Box<dyn Report>>) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let (end, ended) = channel();
        let thread = Builder::new().name("micromegas-reporter".to_owned()).spawn(move || {
            let _end: Sender<()> = end;
            run(reports, &stopped);
        });
        thread.map(|_| Self { stop: Some(stop), ended })
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.ended.recv_timeout(END_TIMEOUT);
    }
}

fn run(reports: Vec<Box<dyn Report>>, stopped: &Receiver<()>) {
    let start = Instant::now();
    let mut reports: Vec<_> = reports.into_iter().map(|report| (start, report)).collect();
    while let Some(due) = reports.iter().map(|(due, _)| *due).min() {
        let wait = due.saturating_duration_since(Instant::now());
        let is_last = stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
        let now = Instant::now();
        for (due, report) in &mut reports {
            if is_last || *due <= now {
                report.report();
                *due = now + report.period();
            }
        }
        if is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Counting(Duration, Arc<AtomicUsize>);

    impl Report for Counting {
        fn period(&self) -> Duration {
            self.0
        }

        fn report(&mut self) {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn each_report_has_its_period_and_all_are_made_at_the_end() {
        let [often, rarely] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let hour = Duration::from_secs(3600);
        let reports: Vec<Box<dyn Report>> = vec![
            Box::new(Counting(Duration::from_millis(1), Arc::clone(&often))),
            Box::new(Counting(hour, Arc::clone(&rarely))),
        ];
        let reporter = Reporter::start(reports).expect("a thread");
        let begin = Instant::now();
        while often.load(Ordering::SeqCst) < 3 {
            assert!(begin.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(rarely.load(Ordering::SeqCst), 1);
        drop(reporter);
        assert_eq!(rarely.load(Ordering::SeqCst), 2);
    }
}
