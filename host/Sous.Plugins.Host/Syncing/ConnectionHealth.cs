using System.Globalization;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What runs say about their connection and its driver. Writes only where its condition changes: a run that goes well writes nothing to the registry.</summary>
internal sealed class ConnectionHealth(
    ConnectionStore connections, IChangeStore store, DriverAccess drivers, DriverDefects defects, IOptions<SyncingOptions> options, TimeProvider clock)
{
    /// <summary>The discovery of locations, told apart from the streams.</summary>
    public const string Locations = "locations";

    /// <summary>
    /// What met a refused token waits for the owner only where the grant may be over. Where it was renewed a moment ago, or the client logs in
    /// as itself, an outage looks like that too: it is told, and tried again.
    /// </summary>
    public async ValueTask<RunEnd> JudgeAsync(Connection connection, RunEnd end, CancellationToken cancellationToken)
        => end.Outcome == SyncOutcome.NeedsReconnect && (connection.Authorization == AuthorizationKind.ClientCredentials || await connections.IsFreshAsync(connection.Id, cancellationToken))
            ? end with { Outcome = SyncOutcome.RetryLater } : end;

    /// <param name="part">What ran: a stream, or the discovery of locations.</param>
    public async Task TakeAsync(ConnectionId id, string part, RunEnd end, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is { } connection)
        {
            await TakeAsync(connection, part, end, cancellationToken);
        }
    }

    /// <param name="connection">As it was since when nobody else has said anything of that part.</param>
    /// <param name="part">What ran: a stream, or the discovery of locations.</param>
    public Task TakeAsync(Connection connection, string part, RunEnd end, CancellationToken cancellationToken)
    {
        Count(connection, part, end);
        // A quarantine is shown with the driver's every connection, and stored with none: there may be thousands.
        return drivers.FindQuarantine(connection.Driver) is null ? StoreAsync(connection, part, end, cancellationToken) : Task.CompletedTask;
    }

    private void Count(Connection connection, string part, RunEnd end)
    {
        if ((end.Build ?? drivers.FindBuild(connection.Driver)) is not { } build)
        {
            return;
        }

        if (end.Outcome == SyncOutcome.Completed)
        {
            defects.TakeSuccess(build, connection.Id);
        }
        else if (end.Actor == Actor.DriverAuthor)
        {
            defects.TakeFailure(build, connection.Id, part, end.Reason ?? "", end.Trace, end.IsPartial);
        }
    }

    private Task StoreAsync(Connection connection, string part, RunEnd end, CancellationToken cancellationToken)
    {
        var (id, reason) = (connection.Id, end.Reason ?? "");
        // That a run will be tried again is no condition of its connection: an outage would otherwise write to the registry for every connection.
        return end.Outcome switch
        {
            SyncOutcome.NeedsReconnect or SyncOutcome.RetryLater when end.Trouble == Trouble.NeedsReconnect => connections.MarkNeedsReconnectAsync(id, part, reason, null, cancellationToken),
            SyncOutcome.NeedsAttention or SyncOutcome.Suspect => connections.MarkNeedsAttentionAsync(id, part, reason, end.Actor, cancellationToken),
            SyncOutcome.RetryLater when part == Locations => ShowAsync(id, reason, cancellationToken),
            SyncOutcome.RetryLater when !end.GoesOn => WarnAsync(id, part, end.Actor, cancellationToken),
            SyncOutcome.Completed when part == Locations => HideAsync(id, cancellationToken),
            SyncOutcome.Completed when end.Question is { } question => connections.MarkNeedsAttentionAsync(id, part, question, Actor.Operator, cancellationToken),
            SyncOutcome.Completed when connection.Status == ConnectionStatus.NeedsAttention => connections.MarkWellAsync(id, part, cancellationToken),
            _ => Task.CompletedTask,
        };
    }

    /// <summary>An outage of minutes is nobody's business; one of days is told, once, though nobody here can end it.</summary>
    private async Task WarnAsync(ConnectionId id, string stream, Actor actor, CancellationToken cancellationToken)
    {
        // Only where nothing is shown yet: two streams that fail would else take turns.
        if (await connections.FindAsync(id, cancellationToken) is not { Status: ConnectionStatus.Ok } connection)
        {
            return;
        }

        var since = (await store.FindLastFetchAsync(id, new StreamName(stream), cancellationToken))?.StartedAt ?? connection.CreatedAt;
        if (clock.GetUtcNow() - since >= options.Value.WarnAfter)
        {
            var cause = string.Create(CultureInfo.InvariantCulture, $"No run has completed since {since.UtcDateTime:yyyy-MM-dd HH:mm} UTC. It is tried again by itself; the runs say what they met.");
            await connections.MarkNeedsAttentionAsync(id, stream, cause, actor, cancellationToken);
        }
    }

    /// <summary>Locations that cannot be told yet keep nobody from anything: the connection stays well and says why they are missing.</summary>
    private async Task ShowAsync(ConnectionId id, string reason, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is { Status: ConnectionStatus.Ok, Cause: null })
        {
            await connections.ChangeAsync(
                id,
                AuditEntry.Host,
                "connection.locations_unknown",
                connection => connection is { Status: ConnectionStatus.Ok, Cause: null } ? connection with { Cause = $"{Locations}: {reason}" } : null,
                cancellationToken);
        }
    }

    private async Task HideAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is { } now && IsShown(now))
        {
            await connections.ChangeAsync(id, AuditEntry.Host, "connection.locations_known", connection => IsShown(connection) ? connection.Well() : null, cancellationToken);
        }
    }

    private static bool IsShown(Connection connection)
        => connection.Status is ConnectionStatus.Ok or ConnectionStatus.NeedsAttention
            && connection.Cause?.StartsWith($"{Locations}: ", StringComparison.Ordinal) == true;
}
