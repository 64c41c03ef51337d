using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Freshness;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Dashboard.Connections;

/// <summary>What several pages show of a connection.</summary>
internal sealed class ConnectionParts(DriverLookup drivers, ReconnectLinks links, IRegistry registry, TimeProvider clock)
{
    private const int ShortName = 40;
    private const int ShortCause = 160;

    /// <summary>The service and whose account it is.</summary>
    public Html Title(Connection connection)
    {
        var service = drivers(connection.Driver)?.Manifest.Name ?? connection.Driver.Value;
        var account = connection.AccountName ?? connection.AccountId;
        return account is null ? Html.Of($"{service}") : Html.Of($"{service} · {Markup.Name(account)}");
    }

    /// <summary>The same as plain text; a page's title holds no markup.</summary>
    public string PlainTitle(Connection connection) => PlainTitle(connection.Driver, connection.AccountName ?? connection.AccountId);

    /// <inheritdoc cref="PlainTitle(Connection)"/>
    public string PlainTitle(DriverId driver, string? account)
    {
        var service = drivers(driver)?.Manifest.Name ?? driver.Value;
        return account is null ? service : $"{service} · {Markup.Isolated(account)}";
    }

    /// <summary>Whose it is, for whoever sees several tenants'.</summary>
    public async ValueTask<Html> TenantAsync(TenantId tenant, Caller caller, CancellationToken cancellationToken) => caller.IsAdmin
        ? Html.Of($"<span class=\"soft\">{Markup.Name((await registry.FindAsync(Tenant.Collection, tenant.Value, cancellationToken))?.Name ?? tenant.Value)}</span>")
        : default;

    /// <summary>How it does, why, who must act, and what happens next without anybody.</summary>
    public Html Condition(ConnectionView view)
    {
        var now = clock.GetUtcNow();
        var (word, tone) = Words.Of(view.Status);
        return Html.Of($"""
            <p class="state {tone.Class()}">{word}</p>
            {(view.Cause is { } cause ? Html.Of($"<p>{Markup.Sentence(cause)}</p>") : default)}
            {(view is { Cause: null, Status: ConnectionStatus.Ok or ConnectionStatus.Refreshing or ConnectionStatus.Paused } ? default : Html.Of($"<p>{Words.Of(view.Actor)}</p>"))}
            {(view.WaitingUntil is { } until ? Html.Of($"<p>The service wants no call before that: {Markup.Time(until, now)}.</p>") : default)}
            {(view.Next is { } next ? Html.Of($"<p class=\"soft\">{Words.Of(next)} {Markup.Time(next.At, now)}, by itself.</p>") : default)}
            """);
    }

    /// <summary>The one thing that helps, where there is one.</summary>
    public async ValueTask<Html> RepairAsync(ConnectionView view, CancellationToken cancellationToken) => view.Status switch
    {
        ConnectionStatus.Paused => Button(view, "resume", "Resume"),
        ConnectionStatus.NeedsAttention => Button(view, "probe", "Check it now"),
        ConnectionStatus.NeedsReconnect when view.Authorization == AuthorizationKind.OauthCode => await ReconnectAsync(view, cancellationToken),
        _ => default,
    };

    public static string Address(ConnectionView view) => Address(view.Tenant, view.Id);

    public static string Address(TenantId tenant, ConnectionId id) => $"/dashboard/tenants/{tenant}/connections/{id}";

    public static Html Button(ConnectionView view, string verb, string word, bool quiet = false)
        => Markup.Button($"{Address(view)}/{verb}", word, quiet);

    /// <summary>A sync's scopes: one line where all is well, else what is amiss first, at most <paramref name="most"/> of them.</summary>
    public Html Freshness(SyncView sync, int most)
    {
        var now = clock.GetUtcNow();
        var fresh = sync.Scopes.Where(static scope => scope.State == FreshnessState.Fresh).ToList();
        var others = sync.Scopes.Where(static scope => scope.State != FreshnessState.Fresh).OrderByDescending(static scope => scope.State).ToList();
        var oldest = fresh.Min(static scope => scope.Through);
        var places = fresh is [{ Location: null }] ? "" : $" at {Markup.Count(fresh.Count, "location", "locations")}";
        return Html.Of($"""
            <li><strong>{Words.Of(sync.Stream)}</strong>:
            {(sync.Scopes.Count == 0 ? Html.Of($"no location is known yet") : default)}
            {(oldest is { } at ? Html.Of($"<span class=\"state good\">up to date</span>{places}, all of it fetched {Markup.Time(at, now)}.") : default)}
            {(others.Count == 0 ? default : Html.Of($"<ul>{Html.Concat(others.Take(most).Select(scope => Scope(scope, now)))}{More(others.Count - most)}</ul>"))}
            {(sync.Problem is { } problem ? Html.Of($" <span class=\"soft\">{Markup.Sentence(problem)}</span>") : default)}
            </li>
            """);
    }

    private static Html More(int left) => left > 0 ? Html.Of($"<li>and {Markup.Count(left, "more location", "more locations")}</li>") : default;

    // Many stand on one page: what services call them is kept short.
    private static Html Scope(ScopeFreshness scope, DateTimeOffset now)
    {
        var (word, tone) = Words.Of(scope.State);
        var place = (scope.Name ?? scope.Location) is { } name ? Html.Of($"{Markup.Name(name, ShortName)}: ") : default;
        return Html.Of($"""
            <li>{place}<span class="state {tone.Class()}">{word}</span>{(scope.StaleSince is { } since ? Html.Of($" since {Markup.Time(since, now)}") : default)}.
            {(scope.Cause is { Length: > 0 } cause ? Markup.Sentence(cause, ShortCause) : default)}
            {(scope.Actor is { } actor and not Actor.Nobody ? Words.Of(actor) : "")}
            {(scope.Next is { } next ? Html.Of($"<span class=\"soft\">{Words.Of(next)} {Markup.Time(next.At, now)}, by itself.</span>") : default)}</li>
            """);
    }

    private async ValueTask<Html> ReconnectAsync(ConnectionView view, CancellationToken cancellationToken)
        => await links.FindAsync(view.Id, clock.GetUtcNow(), null, cancellationToken) is { } link
            ? Html.Of($"<a class=\"button\" href=\"{link.AbsoluteUri}\">Reconnect</a><small>If the account is somebody else's, send them the link's address.</small>")
            : Html.Of($"<small>Ask the platform for a new link: it knows where the owner is to come back to.</small>");
}
