//! Connections on which a first message has been answered, one after the other.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _, ensure};

use super::traffic;

/// How long a reply may take: there is but one message at a time.
const REPLY_MAX: Duration = Duration::from_secs(5);

/// Opens a connection that is kept, and has one message answered on it.
pub(in super::super) fn open(server: SocketAddr, number: usize) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server).wrap_err("can't connect")?;
    stream.set_read_timeout(Some(REPLY_MAX))?;
    let (message, reply) = traffic::message(number);
    stream.write_all(message.as_bytes())?;
    let mut input = vec![0; reply.len() + 1];
    stream.read_exact(&mut input).wrap_err("no reply")?;
    ensure!(input == format!("{reply}\n").as_bytes(), "a wrong reply to {message:?}: {input:?}");
    Ok(stream)
}
