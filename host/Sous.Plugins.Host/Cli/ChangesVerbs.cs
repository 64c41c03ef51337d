using System.CommandLine;
using System.Globalization;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>changes</c>: a tenant's change feed.</summary>
internal static class ChangesVerbs
{
    public static Command Create() => new("changes", "A tenant's change feed") { Read() };

    private static Command Read()
    {
        var tenant = new Option<string>("--tenant") { Description = "The tenant", Required = true };
        var after = new Option<long>("--after") { Description = "The sequence to read past [default: from the beginning]" };
        var stream = new Option<string?>("--stream") { Description = "One stream alone" };
        return HostVerb.Online("read", "The changes up to now, a line of JSON each", [tenant, after, stream], async (parsed, host, stopping) =>
        {
            var path = $"api/v1/tenants/{Uri.EscapeDataString(parsed.GetValue(tenant) ?? "")}/changes?limit=1000{(parsed.GetValue(stream) is { } one ? $"&stream={Uri.EscapeDataString(one)}" : "")}";
            var (position, feed) = (parsed.GetValue(after), "");
            while (true)
            {
                // By its name, so that a feed that begins anew meanwhile is told and not read on.
                var page = await host.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{path}&after={position}{feed}"), stopping);
                foreach (var change in page["changes"]?.AsArray() ?? [])
                {
                    Console.Out.WriteLine(change?.ToJsonString());
                }

                if ((bool?)page["more"] != true)
                {
                    return ExitCode.Done;
                }

                (position, feed) = ((long?)page["next"] ?? position, $"&feed={Uri.EscapeDataString((string?)page["feed"] ?? "")}");
            }
        });
    }
}
