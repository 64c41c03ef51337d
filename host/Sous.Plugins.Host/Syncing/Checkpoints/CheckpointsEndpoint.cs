using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Checkpoints;

/// <summary><c>…/connections/{id}/syncs/{stream}/checkpoints</c>: where the next run goes on from, for an operator to put back or forget.</summary>
internal static class CheckpointsEndpoint
{
    public static void MapCheckpoints(this IEndpointRouteBuilder routes)
    {
        var checkpoints = routes.MapGroup("/api/v1/tenants/{tenant}/connections/{id}/syncs/{stream}/checkpoints").RequireAccess(AccessLevel.Tenant);
        checkpoints.MapGet("", ListAsync)
            .Describe("listCheckpoints", "Lists where a sync's next run goes on from")
            .TellsVersion();
        checkpoints.MapPut("", PutAsync)
            .Describe("putCheckpoints", "Puts checkpoints back", "Those that were answered here before; scopes that are not named keep theirs. Only while the connection is paused.")
            .Conflicts("connection_not_paused")
            .Refuses(StatusCodes.Status422UnprocessableEntity, "position_unknown")
            .Example("""{ "items": [{ "stream": "sales", "location": "L1", "position": "…", "seal": "…", "fence": 7 }] }""")
            .TellsVersion().EditsVersion();
        checkpoints.MapDelete("", ResetAsync)
            .Describe("resetCheckpoints", "Forgets checkpoints", "Of one location, or all: the next run begins anew. Answers what was forgotten. Only while the connection is paused.")
            .TakesText("location", 200, "The service's id of the location.")
            .Conflicts("connection_not_paused")
            .TellsVersion().EditsVersion();
    }

    private static async Task<Results<Ok<CheckpointList>, ProblemHttpResult>> ListAsync(
        TenantId tenant, ConnectionId id, string stream, ConnectionStore connections, SyncDirectory syncs, SyncCheckpoints checkpoints, CancellationToken cancellationToken)
        => await connections.FindAsync(tenant, id, cancellationToken) is { } connection && syncs.FindStream(connection, new StreamName(stream)) is not null
            ? TypedResults.Ok(await checkpoints.ListAsync(new SyncKey(id, new StreamName(stream)), cancellationToken))
            : Problems.NotFound();

    /// <summary>Puts back what was answered before; the scopes that are not named keep theirs.</summary>
    private static async Task<Results<Ok<CheckpointList>, ProblemHttpResult>> PutAsync(
        TenantId tenant, ConnectionId id, string stream, ToldCheckpoints body, IfMatch match, Caller caller, ConnectionStore connections, SyncDirectory syncs, SyncCheckpoints checkpoints, CancellationToken cancellationToken)
    {
        var sync = new SyncKey(id, new StreamName(stream));
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection || syncs.FindStream(connection, sync.Stream) is null)
        {
            return Problems.NotFound();
        }

        if (FaultOf(body.Items) is { } fault)
        {
            return Problems.Invalid(("items", fault));
        }

        var told = (body.Items ?? []).OfType<CheckpointView>().ToList();
        foreach (var item in told)
        {
            if (!await checkpoints.HasAsync(connection, sync, item.Location, cancellationToken))
            {
                return Problems.NotFound();
            }

            if (!checkpoints.IsKnown(sync, item))
            {
                var place = item.Location is null ? "" : $" of location {item.Location}";
                return Problems.Make(StatusCodes.Status422UnprocessableEntity, "position_unknown", "The position cannot be used.", $"This position{place} was not told of here, or not since the last restore.", ("location", item.Location));
            }
        }

        if (Refuse(connection) is { } refusal)
        {
            return refusal;
        }

        await checkpoints.PutAsync(connection, sync, match, told, caller, cancellationToken);
        return TypedResults.Ok(await checkpoints.ListAsync(sync, cancellationToken));
    }

    /// <summary>Forgets one location's, or all; answers what was forgotten, so that it can be put back.</summary>
    private static async Task<Results<Ok<CheckpointList>, ProblemHttpResult>> ResetAsync(
        TenantId tenant, ConnectionId id, string stream, string? location, IfMatch match, Caller caller, ConnectionStore connections, SyncDirectory syncs, SyncCheckpoints checkpoints, CancellationToken cancellationToken)
    {
        var sync = new SyncKey(id, new StreamName(stream));
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection || syncs.FindStream(connection, sync.Stream) is null
            || (location is not null && !await checkpoints.HasAsync(connection, sync, location, cancellationToken)))
        {
            return Problems.NotFound();
        }

        if (Refuse(connection) is { } refusal)
        {
            return refusal;
        }

        var forgotten = (await checkpoints.ListAsync(sync, cancellationToken)).Items.Where(stored => location is null || stored.Location == location).ToList();
        await checkpoints.ResetAsync(connection, sync, match, forgotten.Select(static stored => stored.Location), caller, cancellationToken);
        return TypedResults.Ok(await checkpoints.ListAsync(sync, cancellationToken) with { Items = forgotten });
    }

    // Whatever the type says, a body may leave any of it out.
    private static string? FaultOf(IReadOnlyList<CheckpointView?>? items)
        => items is not { Count: > 0 } ? "The checkpoints to put back are missing: a list as it is answered here."
            : items.Any(static item => item is not { Position.Length: > 0, Seal.Length: > 0 }) ? "Each checkpoint has a position and its seal, as they were answered here."
            : items.DistinctBy(static item => item?.Location).Count() != items.Count ? "A location stands there twice."
            : null;

    private static ProblemHttpResult? Refuse(Connection connection) => connection.Status == ConnectionStatus.Paused ? null
        : Problems.Conflict("connection_not_paused", "Checkpoints are changed only while the connection is paused.", ("connectionStatus", connection.Status));

    /// <param name="Version">As it was answered with them; which one is to be edited, the header says.</param>
    internal sealed record ToldCheckpoints([property: Required] IReadOnlyList<CheckpointView?>? Items, string? Version = null);
}
