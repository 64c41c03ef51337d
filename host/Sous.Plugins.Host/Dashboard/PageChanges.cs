using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.SignIn;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>Tells open pages by server-sent events that what they show is otherwise now, and that their session has ended. A script then fetches the page anew.</summary>
internal sealed class PageChanges(ConnectionStore connections, RunQueue queue, DashboardSessions sessions, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    public const string Address = "/dashboard/changes";

    // What is looked at is in memory; a page an instant old serves a person.
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    public static void Map(RouteGroupBuilder signedIn) => signedIn.MapGet(
        Address, static (HttpContext context, PageChanges changes) => TypedResults.ServerSentEvents(changes.WatchAsync(context.Request, changes.StateAsync, context.RequestAborted)));

    /// <summary>A <c>changed</c> with the state as it is, and one after each change; <c>ended</c> with the session.</summary>
    /// <param name="stateOf">Another text as soon as the caller would be shown something else; null where they are not shown it any more.</param>
    public async IAsyncEnumerable<SseItem<string>> WatchAsync(
        HttpRequest request, Func<Caller, CancellationToken, ValueTask<string?>> stateOf, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var open = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, cancellationToken);
        var seen = "";
        // Each time anew: a key that is revoked sees no more, however long its page has been open.
        while (await sessions.FindAsync(request, cancellationToken) is { } caller && await stateOf(caller, cancellationToken) is { } state)
        {
            if (state != seen)
            {
                seen = state;
                yield return new SseItem<string>(state, "changed");
            }

            await Task.Delay(s_interval, clock, open.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (open.IsCancellationRequested)
            {
                yield break;
            }
        }

        yield return new SseItem<string>("", "ended");
    }

    /// <summary>Another text as soon as a connection that the caller sees has changed, or a run of one has begun or ended.</summary>
    public async ValueTask<string?> StateAsync(Caller caller, CancellationToken cancellationToken)
        => StateOf([.. (await connections.ListAsync(cancellationToken)).Where(connection => caller.Reaches(connection.Tenant))]);

    /// <summary>The same of one connection; null where the caller sees none such.</summary>
    public async ValueTask<string?> StateAsync(TenantId tenant, ConnectionId id, Caller caller, CancellationToken cancellationToken)
        => caller.Reaches(tenant) && await connections.FindAsync(tenant, id, cancellationToken) is { } connection ? StateOf([connection]) : null;

    private string StateOf(IReadOnlyList<Connection> shown)
    {
        var state = new HashCode();
        foreach (var connection in shown)
        {
            state.Add((connection.Id, connection.Status, connection.Cause, connection.ChangedAt));
        }

        var ids = shown.Select(static connection => connection.Id).ToHashSet();
        foreach (var run in queue.Active.Where(run => ids.Contains(run.Request.Key.Connection)).Select(static run => run.Run.Id).Order(StringComparer.Ordinal))
        {
            state.Add(run);
        }

        return state.ToHashCode().ToString(CultureInfo.InvariantCulture);
    }
}
