using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Days;

/// <summary>A business day's figures beside those that the service tells by another path.</summary>
/// <param name="Source">The service's path, for a bookkeeper.</param>
/// <param name="Complete">False where the service does not have all of the day yet, by its own word: it neither ties nor differs.</param>
/// <param name="Figures">One for each figure that the path tells; empty where it tells none.</param>
internal sealed record TieOut(string Source, bool Complete, IReadOnlyList<TieOutFigure> Figures)
{
    /// <summary>Whether the path told anything, all of the day, and all of it agrees.</summary>
    public bool Ties => Complete && Figures.Count > 0 && !Differs;

    /// <summary>When the service was asked.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>How often the day was synced again by itself since it first differed; absent where it was asked for by hand.</summary>
    public int? Attempts { get; init; }

    /// <summary>When it is synced again, or tied out again, by itself; absent where it is not.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Who must act, since syncing it again did not help; absent while nobody must.</summary>
    public Actor? Actor { get; init; }

    /// <summary>Whether a figure that the path told is another than ours, on a day that the service has all of.</summary>
    [JsonIgnore]
    public bool Differs => Complete && Figures.Any(static figure => !figure.Ties);

    /// <summary>Whether it speaks of the day as it is: a closed one of which no figure has changed since the service was asked.</summary>
    public bool Stands(DateTimeOffset? closedAt, DateTimeOffset? restatedAt) => closedAt is not null && !(At < restatedAt);

    public static TieOut Compare(DayFigures ours, DayTotals theirs)
    {
        var figures = new List<TieOutFigure>();
        AddCount("sales", ours.Sales, theirs.SaleCount);
        Add("gross", ours.Gross, theirs.Gross);
        Add("discounts", ours.Discounts, theirs.Discounts);
        Add("net", ours.Net, theirs.Net);
        Add("tax", ours.Tax, theirs.Tax);
        Add("tax_included", ours.TaxIncluded, theirs.TaxIncluded);
        Add("service_charges", ours.ServiceCharges, theirs.ServiceCharges);
        Add("payments", ours.Payments, theirs.Payments);
        Add("tips", ours.Tips, theirs.Tips);
        Add("refunds", ours.Refunds, theirs.Refunds);
        AddCount("payment_count", ours.PaymentCount, theirs.PaymentCount);
        AddCount("refund_count", ours.RefundCount, theirs.RefundCount);
        return new TieOut(theirs.Source, theirs.Complete, figures);

        void Add(string name, Money our, Money? their)
        {
            if (their is { } told)
            {
                figures.Add(new TieOutFigure(name, our.Minor, told.Minor, our.Currency, told.Currency));
            }
        }

        void AddCount(string name, int our, int? their)
        {
            if (their is { } told)
            {
                figures.Add(new TieOutFigure(name, our, told, null, null));
            }
        }
    }
}
