using System.Runtime.CompilerServices;
using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Toast;

/// <summary>Where the sales of a restaurant got to. Times are Unix milliseconds.</summary>
/// <param name="Next">Where the next window begins.</param>
/// <param name="Scanned">Until when refunds and voids that leave no trace on their order were looked for.</param>
/// <param name="Window">The window under way, or a bounded one that is done.</param>
internal sealed record SalesCheckpoint(int V, long? Next, long? Scanned, SalesWindow? Window);

/// <summary>A window, frozen when it began, and the place within it.</summary>
/// <param name="From">First instant of change, inclusive.</param>
/// <param name="To">Its end, exclusive.</param>
/// <param name="At">Everything that changed before has been handed over.</param>
/// <param name="Day">The business day, counted in days, whose refunds and voids come next; null while orders are walked.</param>
/// <param name="Part">Records of that instant or day that have been handed over.</param>
internal sealed record SalesWindow(long From, long To, long At, int? Day, int Part);

/// <summary>
/// Hands over the sales of one restaurant. Toast says nothing of the order of its pages, and an order that changes meanwhile
/// leaves the window and moves all behind it up by one; so time is cut until one page holds a step whole, and nothing hangs on a second.
/// </summary>
internal sealed class SalesFeed(ToastApi api, TimeProvider clock, SalesRequest request)
{
    private const int LargestPage = 100;
    private const int ScannedDays = 30;
    private const int Done = int.MaxValue;

    // For clocks that differ and for orders that are listed a little late.
    private static readonly long Overlap = (long)TimeSpan.FromMinutes(5).TotalMilliseconds;
    private static readonly long ScanEvery = (long)TimeSpan.FromHours(24).TotalMilliseconds;

    // Toast takes a month; the shortest has 28 days.
    private static readonly long LongestStep = (long)TimeSpan.FromDays(28).TotalMilliseconds;

    private readonly SaleMapping _mapping = new(request.Location);
    private readonly LateMoney _late = new(api, request.Location.Ref.Id);
    private readonly string _restaurant = request.Location.Ref.Id;
    private readonly int _size = Math.Clamp(request.PageSize, 1, LargestPage);
    private SalesCheckpoint _state = new(1, null, null, null);
    private SalesWindow _window = new(0, 0, 0, null, 0);
    private bool _opened;

    /// <summary>All that changed since the checkpoint or within the range, window by window until the present.</summary>
    public async IAsyncEnumerable<SyncPage<Sale>> ChangedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (Open())
        {
            await foreach (var page in WalkAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return page;
            }

            var scans = Scans;
            await foreach (var page in ScanAsync(scans, cancellationToken).ConfigureAwait(false))
            {
                yield return page;
            }

            _state = request.Bounded
                ? new SalesCheckpoint(1, null, null, _window with { Day = Done })
                : new SalesCheckpoint(1, _window.To - Overlap, scans ? _window.To : _state.Scanned, null);
            yield return new SyncPage<Sale>([], Write(_state)) { CompleteUntil = Time(_window.To) };
        }
    }

    private bool Scans => request.Bounded || _state.Scanned is not { } last || _window.To - last >= ScanEvery;

    /// <summary>The orders that changed within the window.</summary>
    private async IAsyncEnumerable<SyncPage<Sale>> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var step = LongestStep;
        while (_window.Day is null && _window.At < _window.To)
        {
            (var orders, var end, step) = await StepAsync(step, cancellationToken).ConfigureAwait(false);
            foreach (var some in Parts(orders.OrderBy(static order => order.ModifiedDate), _window with { At = end, Part = 0 }))
            {
                yield return Page(Map(some));
            }
        }
    }

    /// <summary>The orders whose refunds and voids left no trace on them, by business days.</summary>
    private async IAsyncEnumerable<SyncPage<Sale>> ScanAsync(bool scans, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var days = scans ? ScanRange() : (First: 0, Last: -1);
        for (var day = _window.Day ?? days.First; day <= days.Last; day++)
        {
            _window = _window with { Day = day, Part = 0 };
            var orders = await _late.ReadAsync(DateOnly.FromDayNumber(day), cancellationToken).ConfigureAwait(false);
            foreach (var some in Parts(orders.Where(IsLate), _window with { Day = day + 1 }))
            {
                // Most days have nothing late: a place to go on from every few of them is enough.
                if (some.Length > 0 || day % 8 == 0)
                {
                    yield return Page(Map(some).FindAll(Belongs));
                }
            }
        }
    }

    /// <summary>Goes on with the window of the checkpoint, or opens the next one; false where nothing is left to do.</summary>
    private bool Open()
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (_opened && (request.Bounded || now - _window.To < Overlap))
        {
            return false;
        }

        _state = !_opened && request.From is { } checkpoint ? Read(checkpoint) : _state;
        _opened = true;
        var (from, to) = (request.Range.From.ToUnixTimeMilliseconds(), request.Bounded ? Math.Min(now, request.Range.To.ToUnixTimeMilliseconds()) : now);
        if (_state.Window is { } known && (!request.Bounded || (known.From == from && known.To == to)))
        {
            _window = known;
            return known.Day != Done;
        }

        from = request.Bounded ? from : _state.Next ?? from;
        _window = new SalesWindow(from, to, from, null, 0);
        return from < to;
    }

    /// <summary>Orders in parts of a page each, one at least; the place moves with each, and past them with the last.</summary>
    private IEnumerable<ToastOrder[]> Parts(IEnumerable<ToastOrder> orders, SalesWindow after)
    {
        var parts = orders.Chunk(_size).DefaultIfEmpty([]).ToList();
        for (var i = 0; i < parts.Count; i++)
        {
            _window = i == parts.Count - 1 ? after : _window with { Part = _window.Part + parts[i].Length };
            yield return parts[i];
        }
    }

    /// <summary>The orders from the place on, where its end is, and how long the next step may be.</summary>
    private async Task<(List<ToastOrder> Orders, long End, long Next)> StepAsync(long step, CancellationToken cancellationToken)
    {
        var at = _window.At;
        var end = Math.Min(at + step, _window.To);
        var trusted = true;
        while (true)
        {
            var page = await api.OrdersAsync(_restaurant, Range(at, end), _size, 1, cancellationToken).ConfigureAwait(false);
            Check(page.Orders, at, end);
            if (page.Orders.Count < _size && !page.More)
            {
                return (page.Orders, end, trusted ? LongestStep : Math.Min(LongestStep, 2 * (end - at)));
            }

            if (end - at == 1)
            {
                return (await CrowdAsync(at, cancellationToken).ConfigureAwait(false), end, step);
            }

            // Where pages happen to come oldest first, their last time is the cut to make; the answer to it proves itself.
            var last = page.Orders.Max(static order => order.ModifiedDate)?.ToUnixTimeMilliseconds() ?? at;
            (end, trusted) = trusted && last > at && last < end ? (last, true) : (at + Math.Max(1, (end - at) / 2), false);
        }
    }

    /// <summary>More orders of one instant than a page holds: page by page, twice, and both times the same.</summary>
    private async Task<List<ToastOrder>> CrowdAsync(long at, CancellationToken cancellationToken)
    {
        var first = await ListAsync(at, cancellationToken).ConfigureAwait(false);
        var again = await ListAsync(at, cancellationToken).ConfigureAwait(false);
        return first.Select(static order => order.Guid).ToHashSet().SetEquals(again.Select(static order => order.Guid)) ? again : throw Suspect("changed while they were listed");
    }

    private async Task<List<ToastOrder>> ListAsync(long at, CancellationToken cancellationToken)
    {
        var (orders, known) = (new List<ToastOrder>(), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        for (var number = 1; ; number++)
        {
            var page = await api.OrdersAsync(_restaurant, Range(at, at + 1), _size, number, cancellationToken).ConfigureAwait(false);
            Check(page.Orders, at, at + 1);
            orders.AddRange(page.Orders);
            if (!page.Orders.TrueForAll(order => known.Add(order.Guid)))
            {
                throw Suspect("came on two pages");
            }

            if (page.Orders.Count < _size && !page.More)
            {
                return orders;
            }
        }
    }

    private static void Check(List<ToastOrder> orders, long from, long to)
    {
        foreach (var order in orders)
        {
            var at = order.ModifiedDate ?? throw new DriverException(FailureKind.Defect, "Toast listed an order without the time of its change.");
            if (at < Time(from) || at >= Time(to))
            {
                throw Suspect("are not of the range that was asked for");
            }
        }
    }

    // Whatever changed within the window by its own time has come already.
    private bool IsLate(ToastOrder order) => !(order.ModifiedDate >= Time(_window.From) && order.ModifiedDate < Time(_window.To));

    private bool Belongs(Change<Sale> change) => !request.Bounded || (change.Record?.ModifiedAt >= Time(_window.From) && change.Record.ModifiedAt < Time(_window.To));

    private (int First, int Last) ScanRange()
    {
        var last = _mapping.DayOf(Time(_window.To)).DayNumber;
        return (request.Bounded || _state.Scanned is null ? _mapping.DayOf(Time(_window.From)).DayNumber : last - ScannedDays, last);
    }

    private List<Change<Sale>> Map(IEnumerable<ToastOrder> orders) => [.. orders.Where(static order => order.Counts).Select(_mapping.Map)];

    private SyncPage<Sale> Page(List<Change<Sale>> changes) => new(changes, Write(_state with { Window = _window }));

    private static string Range(long from, long to) => $"startDate={ToastTime.Text(Time(from))}&endDate={ToastTime.Text(Time(to))}";

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static DriverException Suspect(string why) => new(FailureKind.Transient, $"Toast's orders {why}; nothing is believed until they are whole.") { IsSuspect = true };

    private static Checkpoint Write(SalesCheckpoint state) => new(JsonSerializer.Serialize(state, ToastJson.Default.SalesCheckpoint));

    private static SalesCheckpoint Read(Checkpoint checkpoint)
    {
        try
        {
            return JsonSerializer.Deserialize(checkpoint.Value, ToastJson.Default.SalesCheckpoint) is { V: 1 } state ? state : throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Misconfigured, "The checkpoint of this restaurant's sales cannot be read; reset it.", inner: e);
        }
    }
}
