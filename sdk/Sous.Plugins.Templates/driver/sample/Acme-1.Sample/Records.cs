namespace Acme_1.Sample;

internal sealed record Sale(
    string Id, string Location, string Number, string Status, string Currency, DateTimeOffset OpenedAt, DateTimeOffset ClosedAt, DateTimeOffset ModifiedAt,
    long Tax, long Total, IReadOnlyList<Line> Lines, IReadOnlyList<Payment> Payments)
{
    /// <summary>Its place in the order of change, which a cursor names.</summary>
    public string Place => $"{ModifiedAt.UtcTicks:D19}-{Id}";
}

internal sealed record Line(string Id, string Item, string Name, decimal Quantity, long Price, long Amount);

internal sealed record Payment(string Id, string Method, long Amount, long Tip, DateTimeOffset At);

internal sealed record Item(string Id, string Name, string Sku, long Price, string Currency, bool Sold);
