using System.Collections.Concurrent;
using Sous.Plugins.Simulators.Square.Rendering;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Records;

/// <summary>Orders, payments and refunds, seeded whole at the start and changed live. Safe to use from several threads.</summary>
internal sealed class SalesBook : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RecordTable _orders = new(Restaurants.All.Count);
    private readonly RecordTable _payments = new(Restaurants.All.Count);
    private readonly RecordTable _refunds = new(Restaurants.All.Count);
    private readonly Dictionary<int, Sale> _changed = [];
    private readonly RecordRenderer _renderer = new();
    private readonly OrderSeeder _seeder;

    public SalesBook(OrderSeeder seeder, int orders)
    {
        _seeder = seeder;
        var parts = new ConcurrentDictionary<int, Rendered>();
        Parallel.ForEach(Partitioner.Create(0, Math.Max(orders, 1)), range =>
        {
            using var renderer = new RecordRenderer();
            var part = new Rendered();
            for (var index = range.Item1; index < Math.Min(range.Item2, orders); index++)
            {
                Seed(part, renderer, index, OrderSeeder.KindOf(index, orders));
            }

            parts[range.Item1] = part;
        });
        var inOrder = parts.OrderBy(p => p.Key).Select(p => p.Value).ToList();
        _orders.Load(inOrder.SelectMany(p => p.Orders));
        _payments.Load(inOrder.SelectMany(p => p.Payments));
        _refunds.Load(inOrder.SelectMany(p => p.Refunds));
        NextIndex = orders;
    }

    /// <summary>The index of the next live sale.</summary>
    public int NextIndex { get; private set; }

    /// <summary>Told of each record that is new or has changed since the start, under the book's lock; the flag says that it is new.</summary>
    public Action<RecordKind, StoredRecord, bool>? Changed { get; set; }

    public T Read<T>(RecordKind kind, Func<RecordTable, T> read)
    {
        lock (_gate)
        {
            return read(Table(kind));
        }
    }

    /// <summary>Adds a live sale under the next index.</summary>
    public Sale Add(Func<int, Sale> make)
    {
        lock (_gate)
        {
            var index = NextIndex++;
            var sale = make(index);
            _changed[index] = sale;
            Put(sale, index);
            return sale;
        }
    }

    /// <summary>Changes the sale that an order belongs to and serves it anew.</summary>
    public T Change<T>(RecordKind kind, string id, Func<Sale, T> change)
    {
        lock (_gate)
        {
            if (!Table(kind).TryFind(id, out var record))
            {
                throw new ArgumentException($"There is no {kind} with the id {id}.", nameof(id));
            }

            if (!_changed.TryGetValue(record.Index, out var sale))
            {
                sale = _seeder.Make(record.Index);
                _changed[record.Index] = sale;
            }

            var result = change(sale);
            Put(sale, record.Index);
            return result;
        }
    }

    public void Dispose() => _renderer.Dispose();

    private RecordTable Table(RecordKind kind) => kind switch { RecordKind.Order => _orders, RecordKind.Payment => _payments, _ => _refunds };

    private void Seed(Rendered part, RecordRenderer renderer, int index, OrderKind kind)
    {
        var sale = _seeder.Make(index);
        if (kind == OrderKind.Return)
        {
            part.Orders.Add(RecordOf(renderer, sale.Returns[0], index - 1));
            part.Refunds.AddRange(sale.Returns[0].Refunds.Select(r => RecordOf(renderer, r, index - 1)));
            part.Payments.AddRange(sale.Returns[0].Tenders.Select(p => RecordOf(renderer, p, index - 1)));
            return;
        }

        part.Orders.Add(RecordOf(renderer, sale.Order, index));
        part.Payments.AddRange(sale.Payments.Select(p => RecordOf(renderer, p, index)));
    }

    private void Put(Sale sale, int index)
    {
        foreach (var order in sale.Returns.Prepend(sale.Order))
        {
            PutIfNew(RecordKind.Order, RecordOf(_renderer, order, index));
            order.Refunds.ForEach(refund => PutIfNew(RecordKind.Refund, RecordOf(_renderer, refund, index)));
        }

        foreach (var payment in sale.AllPayments)
        {
            PutIfNew(RecordKind.Payment, RecordOf(_renderer, payment, index));
        }
    }

    private void PutIfNew(RecordKind kind, StoredRecord record)
    {
        var isNew = !Table(kind).TryFind(record.Id, out var old);
        if (isNew || old?.Json.Span.SequenceEqual(record.Json.Span) != true)
        {
            Table(kind).Put(record);
            Changed?.Invoke(kind, record, isNew);
        }
    }

    private static StoredRecord RecordOf(RecordRenderer renderer, OrderDraft order, int index) => new()
    {
        Id = order.Id,
        Location = order.At.Index,
        Index = index,
        Created = order.Opened,
        Updated = order.Updated,
        Closed = order.Closed ?? 0,
        Status = order.State,
        Version = order.Version,
        Amount = order.Amounts.Total - (order.Return?.Amounts.Total ?? 0),
        Tip = order.Amounts.Tip,
        Json = renderer.Render(order, OrderJson.Write),
    };

    private static StoredRecord RecordOf(RecordRenderer renderer, PaymentDraft payment, int index) => new()
    {
        Id = payment.Id,
        Location = payment.Order.At.Index,
        Index = index,
        Created = payment.Created,
        Updated = payment.Updated,
        Status = payment.Status,
        Amount = payment.Amount,
        Tip = payment.Tip,
        OrderId = payment.Order.Id,
        SourceType = PaymentJson.SourceType(payment.Method),
        Json = renderer.Render(payment, PaymentJson.Write),
    };

    private static StoredRecord RecordOf(RecordRenderer renderer, RefundDraft refund, int index) => new()
    {
        Id = refund.Id,
        Location = refund.Order.At.Index,
        Index = index,
        Created = refund.Created,
        Updated = refund.Updated,
        Status = refund.Status,
        Amount = refund.Amount,
        OrderId = refund.Order.Id,
        SourceType = PaymentJson.SourceType(refund.Payment.Method),
        Json = renderer.Render(refund, PaymentJson.Refund),
    };

    private sealed class Rendered
    {
        public List<StoredRecord> Orders { get; } = [];

        public List<StoredRecord> Payments { get; } = [];

        public List<StoredRecord> Refunds { get; } = [];
    }
}
