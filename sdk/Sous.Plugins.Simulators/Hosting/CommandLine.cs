using System.Globalization;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>The executable's arguments.</summary>
internal static class CommandLine
{
    public static SquareSimulatorOptions? Read(string[] args, out string? complaint)
    {
        var options = new SquareSimulatorOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : (int?)null;
            var next = (args[i], number) switch
            {
                ("--square-url", _) when Uri.TryCreate(value, UriKind.Absolute, out var url) && url is { Scheme: "http", Host: "127.0.0.1" } => options with { Port = url.Port },
                ("--orders", { } orders) => options with { Orders = orders },
                ("--days", { } days) => options with { Days = days },
                ("--seed", { } seed) => options with { Seed = seed },
                _ => null,
            };
            if (next is null)
            {
                complaint = $"'{args[i]} {value}' is not understood. Use --square-url http://127.0.0.1:PORT, --orders N, --days N, --seed N.";
                return null;
            }

            options = next;
        }

        complaint = null;
        return options;
    }
}
