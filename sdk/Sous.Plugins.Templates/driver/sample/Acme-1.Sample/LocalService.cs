using System.Globalization;

namespace Acme_1.Sample;

/// <summary>A service like Acme-1 on loopback, with two locations that sold for some days. Its data stands still.</summary>
public sealed class LocalService : IAsyncDisposable
{
    /// <summary>The one API key that it takes.</summary>
    public const string Key = "sample-key";

    private static readonly string[] Locations = ["L1", "L2"];

    private readonly WebApplication _app;
    private readonly List<Item> _items = [.. Enumerable.Range(0, 45).Select(i => new Item($"item-{i:00}", $"Dish {i}", $"SKU-{i:00}", 450 + (50 * i), "EUR", Sold: i % 9 != 8))];
    private readonly List<Sale> _sales;

    private LocalService(WebApplication app, DateTimeOffset until)
    {
        _app = app;
        _sales = [.. Enumerable.Range(0, 140).Select(i => Sell(i, until.AddHours(-2 * i))).OrderBy(sale => sale.Place, StringComparer.Ordinal)];
    }

    /// <summary>Where it listens, with a slash at the end.</summary>
    public Uri Address => new(_app.Urls.First() + "/");

    /// <summary>Starts it.</summary>
    /// <param name="url">Where to listen; port 0 for a free one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<LocalService> StartAsync(string url, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add(url);
        var service = new LocalService(app, TimeProvider.System.GetUtcNow());
        service.Map();
        await app.StartAsync(cancellationToken);
        return service;
    }

    /// <summary>Runs until somebody ends the process.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <summary>Ends it.</summary>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Map()
    {
        _app.Use((context, next) =>
        {
            if (context.Request.Headers["X-Api-Key"] == Key)
            {
                return next(context);
            }

            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return context.Response.WriteAsync("""{"error":"unknown_key"}""");
        });
        _app.MapGet("/account", () => Results.Ok(new { id = "A-1", name = "Acme-1's sample account" }));
        _app.MapGet("/locations", () => Results.Ok(new { locations = Locations.Select(id => new { id, name = $"Restaurant {id}", timeZone = "Europe/Berlin", currency = "EUR", open = true }) }));
        _app.MapGet("/sales", ListSales);
        _app.MapGet("/items", ListItems);
    }

    private IResult ListSales(string location, int limit, DateTimeOffset? since, DateTimeOffset? before, string? cursor)
    {
        var some = _sales.Where(sale => sale.Location == location)
            .Where(sale => sale.ModifiedAt >= (since ?? default) && sale.ModifiedAt < (before ?? DateTimeOffset.MaxValue))
            .Where(sale => cursor is null || string.CompareOrdinal(sale.Place, cursor) > 0)
            .Take(limit + 1).ToList();
        var page = some.Take(limit).ToList();
        return Results.Ok(new { sales = page, next = page.LastOrDefault()?.Place ?? cursor, more = some.Count > page.Count });
    }

    private IResult ListItems(int limit, string? cursor)
    {
        var from = int.TryParse(cursor, CultureInfo.InvariantCulture, out var at) ? at : 0;
        var next = from + limit < _items.Count ? (from + limit).ToString(CultureInfo.InvariantCulture) : null;
        return Results.Ok(new { items = _items.Skip(from).Take(limit), next });
    }

    private Sale Sell(int i, DateTimeOffset at)
    {
        var sold = new[] { _items[i % _items.Count], _items[(7 * i) % _items.Count] };
        List<Line> lines = [.. sold.Select((item, n) => new Line($"{n}", item.Id, item.Name, n + 1, item.Price, (n + 1) * item.Price))];
        var (gross, tip) = (lines.Sum(line => line.Amount), i % 3 == 0 ? 150 : 0);
        var tax = gross * 19 / 100;
        return new Sale(
            $"sale-{i:000}", Locations[i % 3 == 1 ? 1 : 0], $"{1000 + i}", "closed", "EUR", at.AddMinutes(-40), at, at, tax, gross + tax, lines,
            [new Payment($"payment-{i:000}", i % 2 == 0 ? "card" : "cash", gross + tax, tip, at)]);
    }
}
