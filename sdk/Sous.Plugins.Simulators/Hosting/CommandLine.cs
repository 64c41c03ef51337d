using System.Globalization;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Lightspeed;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>The executable's arguments.</summary>
internal static class CommandLine
{
    public static SimulatorOptions? Read(string[] args, out string? complaint)
    {
        var options = new SimulatorOptions(
            new SquareSimulatorOptions(),
            new DriveSimulatorOptions { LoopbackChannels = true },
            // Limits by the second would make a demo's tie-out last minutes.
            new ToastSimulatorOptions { Orders = 300, RateLimits = false },
            new LightspeedSimulatorOptions { Accounts = 300 });
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            if (Take(options, args[i], value) is not { } next)
            {
                complaint = $"'{args[i]} {value}' is not understood. Use --square-url, --google-drive-url, --toast-url or --lightspeed-url http://127.0.0.1:PORT, --orders N, --toast-orders N, --lightspeed-accounts N, --days N, --recipes N, --seed N.";
                return null;
            }

            options = next;
        }

        complaint = null;
        return options;
    }

    private static SimulatorOptions? Take(SimulatorOptions options, string name, string value)
    {
        var (square, drive, toast, lightspeed) = options;
        var port = Uri.TryCreate(value, UriKind.Absolute, out var url) && url is { Scheme: "http", Host: "127.0.0.1" } ? url.Port : (int?)null;
        var number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : (int?)null;
        return (name, port ?? number) switch
        {
            ("--square-url", { } at) when port is not null => options with { Square = square with { Port = at } },
            ("--google-drive-url", { } at) when port is not null => options with { Drive = drive with { Port = at } },
            ("--toast-url", { } at) when port is not null => options with { Toast = toast with { Port = at } },
            ("--lightspeed-url", { } at) when port is not null => options with { Lightspeed = lightspeed with { Port = at } },
            ("--lightspeed-accounts", { } accounts) => options with { Lightspeed = lightspeed with { Accounts = accounts } },
            ("--toast-orders", { } orders) => options with { Toast = toast with { Orders = orders } },
            ("--orders", { } orders) => options with { Square = square with { Orders = orders } },
            ("--days", { } days) => options with { Square = square with { Days = days }, Toast = toast with { Days = days }, Lightspeed = lightspeed with { Days = days } },
            ("--recipes", { } recipes) => options with { Drive = drive with { Recipes = recipes } },
            ("--seed", { } seed) => new SimulatorOptions(square with { Seed = seed }, drive with { Seed = seed }, toast with { Seed = seed }, lightspeed with { Seed = seed }),
            _ => null,
        };
    }
}
