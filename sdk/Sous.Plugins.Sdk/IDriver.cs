namespace Sous.Plugins.Sdk;

/// <summary>
/// Speaks to one service for one connection. What it offers it says by also implementing
/// <see cref="Pos.IPosDriver"/>, <see cref="Files.IStorageDriver"/>, <see cref="Locations.ILocationDirectory"/>,
/// <see cref="Pos.IBusinessDayTotals"/> or <see cref="Files.IPushChannels"/>; what a service lacks is an interface that is
/// absent, never an empty answer. The driver keeps no state between calls, and retries nothing: it translates what went
/// wrong into <see cref="DriverException"/>. The host calls it from several threads, but never twice at once for one scope.
/// </summary>
public interface IDriver : IAsyncDisposable
{
    /// <summary>A cheap check without side effect: can this connection be used now, and whose account is it?</summary>
    /// <param name="cancellationToken">Honoured within a second.</param>
    /// <exception cref="DriverException">The connection cannot be used; the kind says who must act.</exception>
    ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken);
}
