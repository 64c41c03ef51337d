using System.Runtime.CompilerServices;
using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Square;

/// <summary>Where the sales of a location got to: between windows the watermark, within one the place.</summary>
/// <param name="Until">Everything that changed before has been handed over.</param>
/// <param name="Scanned">Until when orders that arrived late were looked for.</param>
/// <param name="Window">The window under way, or a bounded one that is done.</param>
internal sealed record SalesCheckpoint(int V, DateTimeOffset? Until, DateTimeOffset? Scanned, SalesWindow? Window);

/// <summary>A window, frozen when it began, and the place within it.</summary>
/// <param name="From">First instant of change, inclusive.</param>
/// <param name="To">Last instant, inclusive.</param>
/// <param name="Phase">What is being walked.</param>
/// <param name="Start">Where the query begins that the cursor belongs to.</param>
/// <param name="Cursor">Square's cursor, or null at the start.</param>
/// <param name="At">The last time handed over.</param>
/// <param name="Limit">The page size that the cursor was given out for.</param>
internal sealed record SalesWindow(DateTimeOffset From, DateTimeOffset To, SalesPhase Phase, DateTimeOffset Start, string? Cursor, DateTimeOffset At, int Limit);

/// <summary>The walks of a window, in their order.</summary>
internal enum SalesPhase
{
    /// <summary>Orders that changed.</summary>
    Orders,

    /// <summary>Payments that changed, of orders that did not.</summary>
    Payments,

    /// <summary>Refunds that changed, of payments that did not.</summary>
    Refunds,

    /// <summary>Orders made in the last days: those taken offline may arrive late with old times.</summary>
    Late,

    Done,
}

/// <summary>
/// Hands over the sales of one location. A sale is a function of its order, payments and refunds as they stand now; within
/// a window each changed sale comes once: by its order where that changed, else by its payment, else by its refund.
/// </summary>
internal sealed class SalesFeed(SquareApi api, TimeProvider clock, SalesRequest request)
{
    // For clocks that differ and for payments that Square lists a little late.
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ScanEvery = TimeSpan.FromHours(24);
    private static readonly TimeSpan OfflineFor = TimeSpan.FromHours(72);
    private static readonly TimeSpan PaidWithin = TimeSpan.FromHours(3);
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    private readonly SaleMapping _mapping = new(request.Location);
    private readonly string _location = request.Location.Ref.Id;
    private SalesCheckpoint _state = new(1, null, null, null);
    private SalesWindow _window = new(default, default, SalesPhase.Done, default, null, default, 0);
    private TenderJoin _join = new(api, request.Location.Ref.Id);

    /// <summary>All that changed since the checkpoint or within the range, window by window until the present.</summary>
    public async IAsyncEnumerable<SyncPage<Sale>> ChangedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (Open())
        {
            _join = new TenderJoin(api, _location);
            await _join.ListRefundsAsync(_window.From, _window.To, cancellationToken).ConfigureAwait(false);
            while (_window.Phase is var phase && phase != SalesPhase.Done)
            {
                await foreach (var orders in WalkAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return new SyncPage<Sale>(await MapAsync(orders, cancellationToken).ConfigureAwait(false), Write(_state with { Window = _window }));
                }

                if (_window.Phase == phase)
                {
                    Begin(phase + 1);
                }
            }

            var scanned = _state.Scanned is null || ScanDue ? _window.To : _state.Scanned;
            _state = new SalesCheckpoint(1, _window.To, request.Bounded ? null : scanned, request.Bounded ? _window : null);
            yield return new SyncPage<Sale>([], Write(_state)) { CompleteUntil = _window.To };
        }
    }

    private bool ScanDue => !request.Bounded && _state.Scanned is { } last && _window.To - last >= ScanEvery;

    /// <summary>Goes on with the window of the checkpoint, or opens the next one; false where nothing is left to do.</summary>
    private bool Open()
    {
        var first = _state.Until is null && _state.Window is null;
        _state = first && request.From is { } checkpoint ? Read(checkpoint) : _state;
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        // Square's ranges include their end.
        var to = request.Bounded && request.Range.To <= now ? request.Range.To - TimeSpan.FromMilliseconds(1) : now;
        if (_state.Window is { } known && (!request.Bounded || (known.From == request.Range.From && known.To == to)))
        {
            _window = known;
            return !request.Bounded || known.Phase != SalesPhase.Done;
        }

        var from = request.Bounded || _state.Until is null ? request.Range.From : _state.Until.Value - Overlap;
        if (from > to || (!first && (request.Bounded || to - _state.Until < Overlap)))
        {
            return false;
        }

        _window = new SalesWindow(from, to, SalesPhase.Orders, from, null, from, Math.Clamp(request.PageSize, 1, 1000));
        Begin(SalesPhase.Orders);
        return true;
    }

    private void Begin(SalesPhase phase)
    {
        phase = phase == SalesPhase.Late && !ScanDue ? SalesPhase.Done : phase;
        // What arrived since the last scan was taken at most 72 hours before that scan; 72 hours before now would leave out a day.
        var start = phase == SalesPhase.Late && _state.Scanned is { } last ? last - OfflineFor : _window.From;
        _window = _window with { Phase = phase, Start = start, Cursor = null, At = start };
    }

    private IAsyncEnumerable<List<SquareOrder>> WalkAsync(CancellationToken cancellationToken) => _window.Phase switch
    {
        SalesPhase.Orders => OrdersAsync(o => o.UpdatedAt, TimeSpan.Zero, static _ => true, cancellationToken),
        SalesPhase.Payments => PaymentsAsync(cancellationToken),
        SalesPhase.Refunds => RefundsAsync(cancellationToken),
        _ => OrdersAsync(o => o.CreatedAt, PaidWithin, Unchanged, cancellationToken),
    };

    // What changed within the window comes with the orders of the window.
    private bool Unchanged(SquareOrder order) => order.UpdatedAt < _window.From;

    private async IAsyncEnumerable<List<SquareOrder>> OrdersAsync(
        Func<SquareOrder, DateTimeOffset?> at, TimeSpan lead, Predicate<SquareOrder> wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changed = _window.Phase == SalesPhase.Orders;
        var walk = new Walk<SquareOrder>("orders", _window.Limit, _window.Start, at, o => o.Id, (start, cursor, token) =>
            api.PageAsync("v2/orders/search", "orders", SquareJson.Default.SquareOrder, token, Search(changed, start, cursor)));
        walk.GoOn(_window.Cursor, _window.At);
        _join.StartPaymentsAt(_window.At - Slack);
        while (!walk.Ended)
        {
            var page = await walk.NextAsync(cancellationToken).ConfigureAwait(false);
            // An order is paid by the time that it changes, but hours after it was opened.
            var until = walk.Ended ? _window.To : walk.At + lead;
            await _join.ListPaymentsAsync(until < _window.To ? until : _window.To, page.Count, cancellationToken).ConfigureAwait(false);
            Moved(walk);
            yield return page.FindAll(wanted);
        }
    }

    private async IAsyncEnumerable<List<SquareOrder>> PaymentsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A payment made within the window changed its order within it too, so the first walk has had it.
        var madeBefore = _window.From + Slack;
        var walk = TenderJoin.Payments(api, _location, true, _window.Start, _window.To, madeBefore);
        walk.GoOn(_window.Cursor, _window.At);
        while (!walk.Ended)
        {
            var page = await walk.NextAsync(cancellationToken).ConfigureAwait(false);
            page.RemoveAll(payment => payment.CreatedAt > madeBefore);
            _join.Keep(page);
            var orders = await UnchangedAsync(page.Select(payment => payment.OrderId), cancellationToken).ConfigureAwait(false);
            Moved(walk);
            if (orders.Count > 0)
            {
                yield return orders;
            }
        }
    }

    private async IAsyncEnumerable<List<SquareOrder>> RefundsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var some in _join.Untaken.Where(refund => refund.UpdatedAt >= _window.At).Chunk(100).ToArray())
        {
            // A refund's own order is the one that returned; it names the order that was paid, perhaps at another location.
            var returning = await api.RetrieveOrdersAsync(null, Distinct(some.Select(refund => refund.OrderId)), cancellationToken).ConfigureAwait(false);
            var sources = returning.SelectMany(order => order.Returns is { } returns ? returns.Select(back => back.SourceOrderId) : [order.Id]);
            var orders = await UnchangedAsync(sources, cancellationToken).ConfigureAwait(false);
            _window = _window with { At = some[^1].UpdatedAt ?? _window.At };
            if (orders.Count > 0)
            {
                yield return orders;
            }
        }
    }

    private async Task<List<SquareOrder>> UnchangedAsync(IEnumerable<string?> ids, CancellationToken cancellationToken)
        => (await api.RetrieveOrdersAsync(_location, Distinct(ids), cancellationToken).ConfigureAwait(false)).FindAll(Unchanged);

    /// <summary>Notes the place; after a walk's last page that is the next walk's beginning.</summary>
    private void Moved<T>(Walk<T> walk)
        where T : class
    {
        _window = _window with { Start = walk.Start, Cursor = walk.Cursor, At = walk.At };
        if (walk.Ended)
        {
            Begin(_window.Phase + 1);
        }
    }

    private async Task<List<Change<Sale>>> MapAsync(List<SquareOrder> orders, CancellationToken cancellationToken)
    {
        var paid = await _join.JoinAsync(orders, cancellationToken).ConfigureAwait(false);
        return orders.ConvertAll(order => Change.Upsert(order.Id, _mapping.Map(order, paid), order.Raw));
    }

    private byte[] Search(bool changed, DateTimeOffset start, string? cursor)
    {
        var range = new TimeRange(SquareApi.Text(start), SquareApi.Text(_window.To));
        var query = new OrdersQuery(
            new OrdersFilter(changed ? new OrdersTimes(range, null) : new OrdersTimes(null, range)),
            new OrdersSort(changed ? "UPDATED_AT" : "CREATED_AT", "ASC"));
        return JsonSerializer.SerializeToUtf8Bytes(new SearchOrders([_location], query, _window.Limit, cursor), SquareJson.Default.SearchOrders);
    }

    private static List<string> Distinct(IEnumerable<string?> ids) => [.. ids.OfType<string>().Distinct(StringComparer.Ordinal)];

    private static Checkpoint Write(SalesCheckpoint state) => new(JsonSerializer.Serialize(state, SquareJson.Default.SalesCheckpoint));

    private static SalesCheckpoint Read(Checkpoint checkpoint)
    {
        try
        {
            return JsonSerializer.Deserialize(checkpoint.Value, SquareJson.Default.SalesCheckpoint) is { V: 1 } state ? state : throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Misconfigured, "The checkpoint of this location's sales cannot be read; reset it.", inner: e);
        }
    }
}

internal static class WholeListing
{
    /// <summary>Whether what is listed is just what is known: where more is, the end came early, and an answer that holds less proves nothing.</summary>
    public static async Task<bool> HoldsJustAsync<T>(HashSet<string> known, Func<T, string> id, Func<string?, Task<SquarePage<T>?>> fetch)
    {
        var (found, cursors, cursor) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), (string?)null);
        do
        {
            var page = await fetch(cursor).ConfigureAwait(false);
            found.UnionWith(page?.Items.Select(id) ?? []);
            cursor = page?.Cursor;
        }
        while (cursor is not null && cursors.Add(cursor) && found.IsSubsetOf(known));
        return cursor is null && found.SetEquals(known);
    }
}
