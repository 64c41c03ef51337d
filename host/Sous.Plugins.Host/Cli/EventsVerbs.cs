using System.CommandLine;
using System.Globalization;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>events</c>: what happens to a tenant's connections and records, as it happens.</summary>
internal static class EventsVerbs
{
    private const int Patience = 30;

    public static Command Create() => new("events", "What happens to a tenant's connections and records") { Tail() };

    private static Command Tail()
    {
        var tenant = new Option<string>("--tenant") { Description = "The tenant", Required = true };
        var after = new Option<long>("--after") { Description = "The position to begin after [default: all that is kept]" };
        var once = new Option<bool>("--once") { Description = "End with what there is by now, instead of waiting for more" };
        return HostVerb.Online("tail", "The events, a line of JSON each, until it is ended", [tenant, after, once], async (parsed, host, stopping) =>
        {
            var path = $"api/v1/tenants/{Uri.EscapeDataString(parsed.GetValue(tenant) ?? "")}/events";
            var position = parsed.GetValue(after);
            while (true)
            {
                var wait = parsed.GetValue(once) ? 0 : Patience;
                var page = await host.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{path}?after={position}&limit=1000&wait={wait}"), stopping);
                var items = page["items"]?.AsArray() ?? [];
                foreach (var item in items)
                {
                    Console.Out.WriteLine(item?.ToJsonString());
                }

                position = (long?)page["next"] ?? position;
                if (parsed.GetValue(once) && items.Count == 0)
                {
                    return ExitCode.Done;
                }
            }
        });
    }
}
