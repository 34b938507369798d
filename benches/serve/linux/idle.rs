//! What an idle connection takes: one that has had a message answered, and is kept.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _, ensure};

use super::load::traffic;
use super::running::Running;

/// How long a reply may take: there is but one message at a time.
const REPLY_MAX: Duration = Duration::from_secs(5);

/// The bytes of memory for each of so many connections.
pub(super) fn bytes_per_connection(server: &Running, connections: usize) -> Result<f64> {
    // With the first message comes all that connections share, such as the buffer that they read into.
    drop(talk(server.address, 0)?);
    let before = server.resident()?;
    let open = (0..connections).map(|number| talk(server.address, number)).collect::<Result<Vec<_>>>()?;
    let after = server.resident()?;
    Ok((f64::from(after) - f64::from(before)) / f64::from(u32::try_from(open.len())?))
}

/// Has one message answered, on a connection that is then left open.
fn talk(server: SocketAddr, number: usize) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server).wrap_err("can't connect")?;
    stream.set_read_timeout(Some(REPLY_MAX))?;
    let (message, reply) = traffic::message(number);
    stream.write_all(message.as_bytes())?;
    let mut input = vec![0; reply.len() + 1];
    stream.read_exact(&mut input).wrap_err("no reply")?;
    ensure!(input == format!("{reply}\n").as_bytes(), "a wrong reply to {message:?}: {input:?}");
    Ok(stream)
}
