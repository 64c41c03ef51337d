using System.Text.Json.Nodes;
using Sous.Plugins.Host.Tests.Cli;

namespace Sous.Plugins.Host.Tests.Days;

/// <summary><c>days</c> in a process of its own, against a host whose days closed by themselves.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DaysVerbsTests
{
    private static readonly DateTimeOffset Noon = new(2025, 11, 1, 16, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Days_are_listed_shown_and_exported_and_a_difference_is_a_finding()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, static options => options.Resyncs = 0, ClosingApp.Square);
        await app.SettledAsync(Restaurants.NewYork, new DateOnly(2025, 10, 31));
        restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        restaurants.Hear = static totals => totals with { Tips = totals.Tips!.Value with { Minor = totals.Tips.Value.Minor + totals.PaymentCount!.Value } };
        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero));
        await app.SettledAsync(Restaurants.NewYork, new DateOnly(2025, 11, 1));

        string[] day = ["--tenant", "t1", "--location", $"own-{Restaurants.NewYork}", "--url", app.Address.AbsoluteUri, "--key", app.Key];
        var tied = await VerbProcess.RunAsync(["days", "list", "--from", "2025-10-28", "--to", "2025-10-31", .. day]);
        Assert.Equal((0, ""), (tied.Exit, tied.Error));
        Assert.Equal(4, tied.Output.Split("✓ payments and refunds listed").Length - 1);

        var list = await VerbProcess.RunAsync(["days", "list", "--from", "2025-10-28", "--to", "2025-11-01", .. day]);
        Assert.Equal((3, ""), (list.Exit, list.Error));
        Assert.Contains("✗ tips -0.01 USD; the operator must look", list.Output, StringComparison.Ordinal);

        var json = await VerbProcess.RunAsync(["days", "list", "--json", "--from", "2025-11-01", .. day]);
        Assert.Equal((3, false), (json.Exit, (bool)Assert.Single(JsonNode.Parse(json.Output)!["items"]!.AsArray())!["tieOut"]!["ties"]!));

        var show = await VerbProcess.RunAsync(["days", "show", "2025-11-01", .. day]);
        Assert.Equal((3, ""), (show.Exit, show.Error));
        Assert.Contains("Closed 2025-11-02T06:00:", show.Output, StringComparison.Ordinal);

        // More days than the API answers at once.
        var csv = await VerbProcess.RunAsync(["days", "export", "--csv", "--from", "2025-06-01", "--to", "2025-11-01", .. day]);
        var lines = csv.Output.Split("\r\n");
        Assert.Equal((3, 9), (csv.Exit, lines.Length));
        Assert.StartsWith("day,connection,external_location,location,name,currency,sales,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"\"2025-11-01\",\"con_square\",\"{Restaurants.NewYork}\",", lines[^1], StringComparison.Ordinal);
        Assert.Equal(8, (await VerbProcess.RunAsync(["days", "export", "--from", "2025-06-01", "--to", "2025-11-01", .. day])).Output.Split('\n').Select(static line => JsonNode.Parse(line)).Count());

        var wrong = await VerbProcess.RunAsync(["days", "list", "--from", "1 November", .. day]);
        Assert.Equal((2, "", "'1 November' is not a day such as 2026-03-14."), (wrong.Exit, wrong.Output, wrong.Error));
        var none = await VerbProcess.RunAsync(["days", "show", "2024-01-01", .. day]);
        Assert.Equal((1, "Nothing is known of 2024-01-01."), (none.Exit, none.Error));
    }
}
