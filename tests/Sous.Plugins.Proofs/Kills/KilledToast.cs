using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Kills;

/// <summary>The restaurants of Toast's first owner. The driver cuts their history into windows that one page each holds, and then goes through their business days.</summary>
internal sealed partial class KilledToast : KilledService
{
    private readonly ToastSimulator _toast;
    private readonly IReadOnlyList<ToastRestaurantTruth> _bound;
    private readonly List<string> _orders;

    public KilledToast(ToastSimulator toast)
    {
        _toast = toast;
        var all = toast.Truth.Restaurants;
        _bound = [.. all.Where(restaurant => restaurant.Owner == all[0].Owner && !restaurant.Archived)];
        _orders = [.. _bound.SelectMany(static restaurant => restaurant.OrderIds)];
    }

    public override string Driver => "toast";

    public override IReadOnlyList<string> Streams => ["sales", "catalog"];

    public override JsonObject Registration => RegistrationOf(_toast.Address, _toast.Options.ClientId, _toast.ClientSecret);

    public static async Task<KilledService> StartAsync(CancellationToken cancellationToken) => new KilledToast(await ToastSimulator.StartAsync(
        // A data folder's first start logs in, so the long form does so more often than Toast allows.
        new ToastSimulatorOptions { Orders = 4_000, Days = 60, RateLimits = false, LoginsPerHour = 10_000 }, cancellationToken: cancellationToken));

    public override async Task<string> ConnectAsync(Platform platform, CancellationToken cancellationToken)
    {
        var settings = new JsonObject { ["restaurants"] = new JsonArray([.. _bound.Select(static restaurant => (JsonNode)restaurant.Id)]) };
        return await platform.BindAsync(Driver, settings, cancellationToken);
    }

    public override void Watch(RequestGate gate) => (_toast.Asked, _toast.Answered) = (gate.AskedAsync, gate.AnsweredAsync);

    public override KillKind? StepOf(RecordedRequest? last, RecordedRequest request)
    {
        if (request.Path is not ("/orders/v2/ordersBulk" or "/orders/v2/payments"))
        {
            return null;
        }

        return last is null ? KillKind.Page
            : RestaurantOf(last) != RestaurantOf(request) ? KillKind.Place
            : WindowOf(last) != WindowOf(request) ? KillKind.Window
            : KillKind.Page;
    }

    public override int MostSteps(KillKind kind, bool amidHistory) => kind switch
    {
        KillKind.Page => amidHistory ? 9 : 3,
        KillKind.Place => _bound.Count - 1,
        _ => amidHistory ? 4 : 1,
    };

    public override void Change(Random random)
    {
        var changes = _toast.Changes;
        var place = _bound[random.Next(_bound.Count)].Id;
        switch (random.Next(8))
        {
            case 0:
                _orders.Add(changes.AddOpenOrder(place));
                break;
            case 1:
                changes.RenameItem(place, changes.ItemIds(place)[0], $"Dish {random.Next(1_000_000)}");
                break;
            case 2 or 3:
                OnOne(random, changes.VoidOrder);
                break;
            case 4 or 5:
                OnOne(random, order => changes.AdjustTip(order, random.Next(2_000)));
                break;
            default:
                _orders.Add(changes.AddOrder(place));
                break;
        }
    }

    public override Task AssertHeldByAsync(FeedCheck feed, string context, CancellationToken cancellationToken)
    {
        Assert.True(feed.Findings.Count == 0, $"{context}: {string.Join('\n', feed.Findings.Take(20))}");
        var (truth, sales) = (_toast.Truth, feed.Current.Where(static record => record.Stream == "sales").ToList());
        var days = new SortedDictionary<string, DayMoney>(StringComparer.Ordinal);
        foreach (var restaurant in truth.Restaurants.Where(restaurant => _bound.Any(bound => bound.Id == restaurant.Id)))
        {
            var own = Platform.OwnId(restaurant.Id);
            var here = sales.Where(sale => (string)sale.Entry["location"]! == own).Select(static sale => sale.Id).ToHashSet();
            Assert.True(here.SetEquals(restaurant.OrderIds), $"{context}: {restaurant.Name} has {restaurant.OrderIds.Count} orders, of which {restaurant.OrderIds.Except(here).Count()} are missing in the feed; {here.Except(restaurant.OrderIds).Count()} are in it that do not exist.");
            foreach (var day in truth.Days(restaurant.Id))
            {
                days[$"{own} {day.Day:yyyy-MM-dd}"] = new DayMoney(day.Payments, day.PaymentsMinor, day.TipsMinor, day.Refunds, day.RefundsMinor);
            }

            var named = feed.Current.Where(static record => record.Stream == "catalog").ToDictionary(static record => record.Id, static record => record.Entry);
            Assert.All(_toast.Changes.ItemIds(restaurant.Id), item => Assert.Contains(item, named.Keys));
        }

        Assert.Equal(days, DayMoney.OfSales(sales.Select(static sale => sale.Entry)));
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => _toast.DisposeAsync();

    private static string RestaurantOf(RecordedRequest request) => request.Headers["Toast-Restaurant-External-ID"];

    private static string WindowOf(RecordedRequest request) => Begins().Match(request.Query).Value;

    [GeneratedRegex("(?<=startDate=|BusinessDate=)[^&]+")]
    private static partial Regex Begins();

    private void OnOne(Random random, Action<string> change)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            try
            {
                change(_orders[random.Next(_orders.Count)]);
                return;
            }
            catch (ArgumentException)
            {
                // Nobody has paid it: another one.
            }
        }
    }
}
