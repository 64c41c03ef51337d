using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Square;

/// <summary>
/// Finds the payments and refunds behind orders' tenders: in listings that run alongside the orders, and by id for the few
/// that those miss. Belongs to one window of one location, and to one caller at a time.
/// </summary>
internal sealed class TenderJoin(SquareApi api, string locationId)
{
    private const int AtOnce = 4;
    private const int PageSize = 100;
    private const int PruneAbove = 4096;

    // Orders taken offline reach Square up to 72 hours after their payment.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(76);

    private readonly Dictionary<string, SquarePayment> _payments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SquareRefund> _refunds = new(StringComparer.Ordinal);
    private DateTimeOffset _listed;
    private int _pruneAt = PruneAbove;

    /// <summary>Refunds of the window that no sale has taken so far, oldest change first.</summary>
    public List<SquareRefund> Untaken => [.. _refunds.Values.OrderBy(r => r.UpdatedAt).ThenBy(r => r.Id, StringComparer.Ordinal)];

    /// <summary>Lists the refunds that changed in a window and keeps them for its sales.</summary>
    public async Task ListRefundsAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        foreach (var refund in await Refunds(api, locationId, true, from, to).AllAsync(cancellationToken).ConfigureAwait(false))
        {
            _refunds[refund.Id] = refund;
        }
    }

    /// <summary>Payments are listed by the time they were made from here on.</summary>
    public void StartPaymentsAt(DateTimeOffset from) => _listed = from;

    /// <summary>Goes on with the listing of payments; a long stretch is parted and its parts are listed at once.</summary>
    public async Task ListPaymentsAsync(DateTimeOffset until, int expected, CancellationToken cancellationToken)
    {
        if (until <= _listed)
        {
            return;
        }

        // Square's pages of payments hold a fifth of what its pages of orders do, and each waits for the cursor of the one before.
        var parts = Math.Clamp(expected / (2 * PageSize), 1, AtOnce);
        var step = (until - _listed) / parts;
        var from = _listed;
        var lists = await Task.WhenAll(Enumerable.Range(0, parts).Select(part =>
            Payments(api, locationId, false, from + (step * part), part == parts - 1 ? until : from + (step * (part + 1))).AllAsync(cancellationToken))).ConfigureAwait(false);
        foreach (var list in lists)
        {
            Keep(list);
        }

        _listed = until;
        Prune();
    }

    /// <summary>Keeps payments for the orders to come. Those that failed never become a tender.</summary>
    public void Keep(IReadOnlyList<SquarePayment> payments)
    {
        foreach (var payment in payments)
        {
            if (payment is { OrderId: not null, Status: not "FAILED" })
            {
                _payments[payment.Id] = payment;
            }
        }
    }

    /// <summary>What stands behind the orders' tenders.</summary>
    public async Task<PaidOrders> JoinAsync(List<SquareOrder> orders, CancellationToken cancellationToken)
    {
        var payments = await TakeAsync([.. orders.SelectMany(order => order.Tenders ?? []).Select(IdOf).Where(id => id.Length > 0)], _payments, Find("v2/payments/", "payment", SquareJson.Default.SquarePayment), cancellationToken).ConfigureAwait(false);
        var refundIds = payments.Values.SelectMany(payment => payment?.RefundIds ?? []).ToList();
        var refunds = await TakeAsync(refundIds, _refunds, Find("v2/refunds/", "refund", SquareJson.Default.SquareRefund), cancellationToken).ConfigureAwait(false);
        // A refund does not say for which lines it is; the order that it belongs to does.
        var given = refunds.Values.Where(refund => refund?.Status == "COMPLETED").Select(refund => refund?.OrderId).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var returning = await api.RetrieveOrdersAsync(null, given, cancellationToken).ConfigureAwait(false);
        return new PaidOrders(payments, refunds, returning.SelectMany(order => order.Returns ?? []).ToLookup(back => back.SourceOrderId ?? "", StringComparer.Ordinal));
    }

    /// <summary>Payments of a location by the time they changed or were made, oldest first.</summary>
    public static Walk<SquarePayment> Payments(SquareApi api, string locationId, bool changed, DateTimeOffset from, DateTimeOffset to, DateTimeOffset? madeBefore = null)
        => new("payments", PageSize, from, p => changed ? p.UpdatedAt : p.CreatedAt, p => p.Id, (start, cursor, cancellationToken) =>
            api.PageAsync(ListPath("payments", locationId, changed, start, to, madeBefore, cursor), "payments", SquareJson.Default.SquarePayment, cancellationToken));

    /// <summary>Refunds of a location by the time they changed or were made, oldest first.</summary>
    public static Walk<SquareRefund> Refunds(SquareApi api, string locationId, bool changed, DateTimeOffset from, DateTimeOffset to)
        => new("refunds", PageSize, from, r => changed ? r.UpdatedAt : r.CreatedAt, r => r.Id, (start, cursor, cancellationToken) =>
            api.PageAsync(ListPath("refunds", locationId, changed, start, to, null, cursor), "refunds", SquareJson.Default.SquareRefund, cancellationToken));

    private static string ListPath(string list, string locationId, bool changed, DateTimeOffset from, DateTimeOffset to, DateTimeOffset? madeBefore, string? cursor)
    {
        // begin_time defaults to a year ago and also holds for listings by time of change, so it is always said.
        var (begin, end) = changed ? (DateTimeOffset.UnixEpoch, madeBefore ?? to) : (from, to);
        var times = $"begin_time={SquareApi.Text(begin)}&end_time={SquareApi.Text(end)}";
        times += changed ? $"&updated_at_begin_time={SquareApi.Text(from)}&updated_at_end_time={SquareApi.Text(to)}&sort_field=UPDATED_AT" : "&sort_field=CREATED_AT";
        var next = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
        return $"v2/{list}?location_id={Uri.EscapeDataString(locationId)}&{times}&sort_order=ASC&limit={PageSize}{next}";
    }

    private Func<string, CancellationToken, Task<T?>> Find<T>(string path, string member, JsonTypeInfo<T> type)
        where T : class
        => (id, cancellationToken) => api.FindAsync(path + Uri.EscapeDataString(id), member, type, cancellationToken);

    private static async Task<Dictionary<string, T?>> TakeAsync<T>(
        List<string> ids, Dictionary<string, T> listed, Func<string, CancellationToken, Task<T?>> find, CancellationToken cancellationToken)
        where T : class
    {
        var taken = new Dictionary<string, T?>(ids.Count, StringComparer.Ordinal);
        foreach (var id in ids)
        {
            taken[id] = listed.Remove(id, out var found) ? found : taken.GetValueOrDefault(id);
        }

        // Few: payments listed too late to be seen, or made long before their order changed.
        var missing = taken.Where(entry => entry.Value is null).Select(entry => entry.Key).ToArray();
        foreach (var some in missing.Chunk(AtOnce))
        {
            var found = await Task.WhenAll(some.Select(id => find(id, cancellationToken))).ConfigureAwait(false);
            for (var i = 0; i < some.Length; i++)
            {
                taken[some[i]] = found[i];
            }
        }

        return taken;
    }

    public static string IdOf(Tender tender) => tender.PaymentId ?? tender.Id ?? "";

    private void Prune()
    {
        if (_payments.Count < _pruneAt)
        {
            return;
        }

        var oldest = _listed - LongestWait;
        foreach (var id in _payments.Where(entry => entry.Value.CreatedAt < oldest).Select(entry => entry.Key).ToArray())
        {
            _payments.Remove(id);
        }

        _pruneAt = Math.Max(PruneAbove, 2 * _payments.Count);
    }
}

/// <summary>Walks one of Square's listings, oldest first, and does not believe it: order, cursors and the end are checked.</summary>
/// <param name="what">What is listed, for messages.</param>
/// <param name="limit">The page size asked for.</param>
/// <param name="from">Where the query begins, inclusive.</param>
/// <param name="at">The time that it is sorted by.</param>
/// <param name="id">A record's id.</param>
/// <param name="fetch">Asks for a page of the query that begins at a time; null where the cursor is no longer good.</param>
internal sealed class Walk<T>(
    string what, int limit, DateTimeOffset from, Func<T, DateTimeOffset?> at, Func<T, string> id, Func<DateTimeOffset, string?, CancellationToken, Task<SquarePage<T>?>> fetch)
    where T : class
{
    private readonly HashSet<string> _cursors = new(StringComparer.Ordinal);

    // The records of the last time, which may stand on several pages.
    private readonly HashSet<string> _last = new(StringComparer.Ordinal);

    // Whether an earlier walk may have handed over others of that time.
    private bool _begunBefore;

    public DateTimeOffset Start { get; private set; } = from;
    public DateTimeOffset At { get; private set; } = from;
    public string? Cursor { get; private set; }
    public bool Ended { get; private set; }

    /// <summary>Goes on from an earlier walk's place.</summary>
    public void GoOn(string? cursor, DateTimeOffset reached)
    {
        (Cursor, At, _begunBefore) = (cursor, reached, cursor is not null);
        if (cursor is not null)
        {
            _cursors.Add(cursor);
        }
    }

    /// <summary>The next page.</summary>
    public async Task<List<T>> NextAsync(CancellationToken cancellationToken)
    {
        var page = await fetch(Start, Cursor, cancellationToken).ConfigureAwait(false);
        if (page is null && Cursor is not null)
        {
            // All up to here has been handed over, so the query can begin here anew.
            (Start, Cursor) = (At, null);
            page = await fetch(Start, null, cancellationToken).ConfigureAwait(false);
        }

        page = page ?? throw new DriverException(FailureKind.Defect, $"Square refuses the cursor of a query of {what} that had none.");
        foreach (var item in page.Items)
        {
            var time = at(item) ?? throw new DriverException(FailureKind.Defect, $"Square listed {what} without the time that they are sorted by.");
            if (time > At)
            {
                (At, _begunBefore) = (time, false);
                _last.Clear();
            }

            _last.Add(time == At ? id(item) : throw Suspect("are not sorted as asked"));
        }

        if (page.Cursor is { } next && !_cursors.Add(next))
        {
            throw Suspect("came with a cursor that had been there before");
        }

        var isFullEnd = page.Cursor is null && page.Items.Count >= limit;
        if (isFullEnd && _begunBefore)
        {
            // Whether more follow is told by what comes from its time on; all of that is walked through once more to know it.
            (Start, Cursor, _begunBefore) = (At, null, false);
            _last.Clear();
            return page.Items;
        }

        // A full page without a cursor may be the last by chance: then its last time has nothing after it.
        if (isFullEnd && !await WholeListing.HoldsJustAsync(_last, id, cursor => fetch(At, cursor, cancellationToken)).ConfigureAwait(false))
        {
            throw Suspect("ended without a cursor although more follow");
        }

        (Cursor, Ended) = (page.Cursor, page.Cursor is null);
        return page.Items;
    }

    /// <summary>All that is left, at once.</summary>
    public async Task<List<T>> AllAsync(CancellationToken cancellationToken)
    {
        var all = new List<T>();
        while (!Ended)
        {
            all.AddRange(await NextAsync(cancellationToken).ConfigureAwait(false));
        }

        return all;
    }

    private DriverException Suspect(string why) => new(FailureKind.Transient, $"Square's {what} {why}; nothing is believed until they are whole.") { IsSuspect = true };
}
