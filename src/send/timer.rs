//! A timer that is more exact than tokio's, which counts whole milliseconds.

use std::time::Instant;

/// A timer for one future at a time.
///
/// On Linux the system's own timer wakes the runtime, some 50 µs after the time at most. With tokio's timer, messages
/// that are due in between would be sent up to 2 ms late, which is longer than most replies take. Other systems have
/// tokio's timer.
#[derive(Debug)]
pub(super) struct Timer {
    #[cfg(target_os = "linux")]
    system: Option<system::Timer>,
}

impl Timer {
    /// Creates a timer. If the system refuses a timer of its own, this is tokio's.
    pub(super) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            system: system::Timer::new().ok(),
        }
    }

    /// Waits until `time`.
    pub(super) async fn wait_until(&self, time: Instant) {
        #[cfg(target_os = "linux")]
        if let Some(timer) = &self.system
            && timer.wait_until(time).await.is_ok()
        {
            return;
        }
        tokio::time::sleep_until(time.into()).await;
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::time::Instant;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::net::unix::pipe::Receiver;

    /// A timer that is a file (`timerfd_create(2)`). Reading it is like reading a pipe: the file is ready when the timer
    /// has expired, and gives eight bytes.
    #[derive(Debug)]
    pub(super) struct Timer(Receiver);

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let file = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            Ok(Self(Receiver::from_owned_fd_unchecked(file)?))
        }

        pub(super) async fn wait_until(&self, time: Instant) -> io::Result<()> {
            let left = time.saturating_duration_since(Instant::now());
            // Zero would disarm the timer.
            if left.is_zero() {
                return Ok(());
            }
            let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
            let it_value = left.try_into().map_err(io::Error::other)?;
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &Itimerspec { it_interval, it_value })?;
            loop {
                self.0.readable().await?;
                match self.0.try_read(&mut [0; size_of::<u64>()]) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read.map(drop),
                }
            }
        }
    }
}
