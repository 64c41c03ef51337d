using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>The hosts: which one works, and which stand by. For operators alone.</summary>
internal static class HostsPage
{
    // Whoever works is heard from every two seconds, and who stands by four times in one.
    private static readonly TimeSpan s_silent = TimeSpan.FromSeconds(5);

    public static void Map(RouteGroupBuilder pages) => pages.MapGroup("/dashboard/hosts").RequireAccess(AccessLevel.Admin)
        .MapMethods("", OwnerPages.Reading, static async (HostList hosts, TimeProvider clock, CancellationToken cancellationToken) => Show(await hosts.ListAsync(cancellationToken), clock.GetUtcNow()));

    private static DashboardPage Show(IReadOnlyList<HostView> hosts, DateTimeOffset now) => new(StatusCodes.Status200OK, "Hosts", Html.Of($"""
        <p>{(hosts.Any(static host => host.State == HostState.StandsBy) ? "Should the host that works go, one that stands by takes over within seconds." : "No other host stands by: should this one go, nothing is synced until it is back.")}</p>
        <ul class="cards">{Html.Concat(hosts.Select(host => Card(host, now)))}</ul>
        """));

    private static Html Card(HostView host, DateTimeOffset now)
    {
        var (word, tone) = now - host.HeardAt > s_silent ? ("Not heard from", Tone.Bad) : host.State == HostState.Works ? ("Works", Tone.Good) : ("Stands by", Tone.Plain);
        return Html.Of($"""
            <li class="card {tone.Class()}">
            <div class="row"><h2>{Markup.Name(host.Name)}</h2><span class="soft">Version {host.Version}</span></div>
            <p class="state {tone.Class()}">{word}</p>
            <p class="soft">Since {Markup.Time(host.Since, now)}; heard from {Markup.Time(host.HeardAt, now)}.</p>
            </li>

            """);
    }
}
