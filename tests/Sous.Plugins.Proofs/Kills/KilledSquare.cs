using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Kills;

/// <summary>All locations of a Square merchant. The driver walks through a location's refunds, orders and payments, one listing after the other.</summary>
internal sealed partial class KilledSquare : KilledService
{
    private readonly SquareSimulator _square;
    private readonly HttpClient _client;
    private readonly IReadOnlyList<string> _locations;
    private readonly List<string> _orders;

    public KilledSquare(SquareSimulator square)
    {
        _square = square;
        _client = new HttpClient { BaseAddress = square.Address };
        var locations = square.Truth.Locations;
        _locations = [.. locations.Select(static location => location.Id)];
        _orders = [.. locations.SelectMany(static location => location.OrderIds)];
    }

    public override string Driver => "square";

    public override IReadOnlyList<string> Streams => ["sales", "catalog"];

    public override JsonObject Registration => RegistrationOf(_square.Address, _square.Options.ClientId, _square.ClientSecret);

    public SquareSimulator Simulator => _square;

    public static async Task<KilledSquare> StartAsync(int orders, int days, CancellationToken cancellationToken)
        => new(await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = orders, Days = days }, cancellationToken: cancellationToken));

    public override Task<string> ConnectAsync(Platform platform, CancellationToken cancellationToken) => platform.ConnectAsync(cancellationToken);

    public override void Watch(RequestGate gate) => (_square.Asked, _square.Answered) = (gate.AskedAsync, gate.AnsweredAsync);

    public override KillKind? StepOf(RecordedRequest? last, RecordedRequest request)
    {
        // Payments by the time that they were made are listed alongside the orders, some at once: they are no walk of their own.
        if (request.Path != "/v2/orders/search" && (request.Path is not ("/v2/payments" or "/v2/refunds") || !request.Query.Contains("updated_at_begin_time", StringComparison.Ordinal)))
        {
            return null;
        }

        return last is null ? KillKind.Page
            : LocationOf(last) != LocationOf(request) ? KillKind.Place
            : last.Path != request.Path ? KillKind.Window
            : KillKind.Page;
    }

    public override int MostSteps(KillKind kind, bool amidHistory) => kind switch
    {
        KillKind.Page => amidHistory ? 5 : 3,
        KillKind.Place => 2,
        _ => 3,
    };

    public override void Change(Random random)
    {
        var changes = _square.Changes;
        var place = _locations[random.Next(_locations.Count)];
        switch (random.Next(8))
        {
            case 0:
                changes.RenameItem(changes.ItemIds[random.Next(changes.ItemIds.Count)], $"Dish {random.Next(1_000_000)}");
                break;
            case 1:
                _orders.Add(changes.AddLateOrder(place, TimeSpan.FromHours(random.Next(70))));
                break;
            case 2 or 3:
                Refund(random);
                break;
            default:
                _orders.Add(changes.AddOrder(place));
                break;
        }
    }

    public override async Task AssertHeldByAsync(FeedCheck feed, string context, CancellationToken cancellationToken)
        => ServiceTruth.AssertHeldBy(feed, await ServiceTruth.ReadAsync(_client, cancellationToken), context);

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        return _square.DisposeAsync();
    }

    private static string LocationOf(RecordedRequest request) => Locations().Match(request.Query + request.Body).Value;

    [GeneratedRegex("(?<=location_id=|\"location_ids\":\\[\")[A-Z0-9]+")]
    private static partial Regex Locations();

    private void Refund(Random random)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            try
            {
                _square.Changes.RefundOrder(_orders[random.Next(_orders.Count)]);
                return;
            }
            catch (ArgumentException)
            {
                // It is open, canceled, or a return itself: another one.
            }
        }
    }
}
