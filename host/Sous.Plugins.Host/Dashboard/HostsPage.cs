using System.Globalization;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>The hosts: which one works, which help it, and which stand by. For operators alone.</summary>
internal static class HostsPage
{
    // Whoever works is heard from every two seconds, and who stands by four times in one.
    private static readonly TimeSpan s_silent = TimeSpan.FromSeconds(5);

    public static void Map(RouteGroupBuilder pages) => pages.MapGroup("/dashboard/hosts").RequireAccess(AccessLevel.Admin)
        .MapMethods("", OwnerPages.Reading, static async (HostList hosts, TimeProvider clock, CancellationToken cancellationToken) => Show(await hosts.ListAsync(cancellationToken), clock.GetUtcNow()));

    private static DashboardPage Show(IReadOnlyList<HostView> hosts, DateTimeOffset now) => new(StatusCodes.Status200OK, "Hosts", Html.Of($"""
        <p>{(hosts.Count > 1 ? "Should the host that works go, another takes over within seconds." : "No other host stands by: should this one go, nothing is synced until it is back.")}</p>
        <ul class="cards">{Html.Concat(hosts.Select(host => Card(host, now)))}</ul>
        """));

    private static Html Card(HostView host, DateTimeOffset now)
    {
        var (word, tone) = now - host.HeardAt > s_silent ? ("Not heard from", Tone.Bad) : host.State switch
        {
            HostState.Works => ("Works", Tone.Good),
            HostState.Helps => ("Helps", Tone.Good),
            _ => ("Stands by", Tone.Plain),
        };
        var runs = host.Runs switch
        {
            null => "",
            0 => "No run under way here. ",
            1 => "One run under way here. ",
            var several => string.Create(CultureInfo.InvariantCulture, $"{several} runs under way here. "),
        };
        return Html.Of($"""
            <li class="card {tone.Class()}">
            <div class="row"><h2>{Markup.Name(host.Name)}</h2><span class="soft">Version {host.Version}</span></div>
            <p class="state {tone.Class()}">{word}</p>
            <p class="soft">{runs}Since {Markup.Time(host.Since, now)}; heard from {Markup.Time(host.HeardAt, now)}.</p>
            </li>

            """);
    }
}
