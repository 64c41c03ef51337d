using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Days;

/// <summary>A location's business day in figures, from the sales that are stored, in one currency.</summary>
internal sealed record DayFigures
{
    public required ConnectionId Connection { get; init; }

    /// <summary>The service's id of the location.</summary>
    public required string ExternalLocation { get; init; }

    /// <summary>The platform's own id, or null while it is not mapped.</summary>
    public string? Location { get; init; }

    public required DateOnly Day { get; init; }

    /// <summary>Closed sales of the day, of any kind.</summary>
    public int Sales { get; init; }

    /// <summary>Like the five after it: summed over those sales, what came back taken off.</summary>
    public required Money Gross { get; init; }

    public required Money Discounts { get; init; }

    public required Money Net { get; init; }

    public required Money Tax { get; init; }

    /// <summary>Tax that is within the net.</summary>
    public required Money TaxIncluded { get; init; }

    public required Money ServiceCharges { get; init; }

    /// <summary>What was given back of those sales by now, on whichever day; a positive amount.</summary>
    public required Money Refunded { get; init; }

    /// <summary>Payments completed on the day, whichever day their sale belongs to, without tips.</summary>
    public required Money Payments { get; init; }

    /// <summary>The tips of those payments.</summary>
    public required Money Tips { get; init; }

    /// <summary>Refunds completed on the day, whichever day their sale belongs to; a positive amount.</summary>
    public required Money Refunds { get; init; }

    public int PaymentCount { get; init; }

    public int RefundCount { get; init; }

    /// <summary>The location's name at the service, or null where it is not known.</summary>
    public string? Name { get; init; }

    /// <summary>A figure of the day changed after it was closed; of a day that was not, a sale of it that was known changed after its end.</summary>
    public bool Restated { get; init; }

    /// <summary>When a figure last changed after the day was closed.</summary>
    public DateTimeOffset? RestatedAt { get; init; }

    /// <summary>When the day was closed, that is first tied out; null while it was not.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>The figures as they were when the day was closed, where they are others now.</summary>
    public DaySums? AsClosed { get; init; }

    /// <summary>The day beside the service's own totals, or null where they were not asked for or the service has none.</summary>
    public TieOut? TieOut { get; init; }

    /// <summary>A day on which nothing was sold.</summary>
    public static DayFigures Empty(ConnectionId connection, string externalLocation, DateOnly day, string currency)
    {
        var zero = Money.Zero(currency);
        return new DayFigures
        {
            Connection = connection,
            ExternalLocation = externalLocation,
            Day = day,
            Gross = zero,
            Discounts = zero,
            Net = zero,
            Tax = zero,
            TaxIncluded = zero,
            ServiceCharges = zero,
            Refunded = zero,
            Payments = zero,
            Tips = zero,
            Refunds = zero,
        };
    }
}
