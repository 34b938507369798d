//! What an idle connection takes: one that has had a message answered, and is kept.

use color_eyre::eyre::Result;

use super::load::opened::open;
use super::running::Running;

/// The bytes of memory for each of so many connections.
pub(super) fn bytes_per_connection(server: &Running, connections: usize) -> Result<f64> {
    // With the first message comes all that connections share, such as the buffer that they read into.
    drop(open(server.address, 0)?);
    let before = server.resident()?;
    let open = (0..connections).map(|number| open(server.address, number)).collect::<Result<Vec<_>>>()?;
    let after = server.resident()?;
    Ok((f64::from(after) - f64::from(before)) / f64::from(u32::try_from(open.len())?))
}
