using System.Globalization;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed;

/// <summary>What a simulator holds at the moment of asking, told without its API: what tests and proofs compare with.</summary>
public sealed class LightspeedTruth
{
    private readonly Dictionary<string, IReadOnlyList<LightspeedDayTruth>> _days = [];

    internal LightspeedTruth(DocumentBook book, IReadOnlyList<Menu> menus)
    {
        var locations = new List<LightspeedLocationTruth>();
        foreach (var place in Places.All)
        {
            var (id, documents) = (Text(place.Id), book.Between(place, DateTimeOffset.MinValue, DateTimeOffset.MaxValue));
            locations.Add(new LightspeedLocationTruth(
                id, $"{place.Business.Name}, {place.Name}", Text(place.Business.Id), place.ZoneId, place.Business.Currency, place.DayStart, place.TaxIncluded,
                [.. documents.Select(document => document.FiscId)],
                book.Guard(() => menus[place.Index].Items.ConvertAll(item => Text(item.Id)))));
            _days[id] = [.. documents.Where(document => document.Counts).GroupBy(document => document.Day).Select(day => Of(day.Key, [.. day])).OrderBy(day => day.Day)];
        }

        Locations = locations;
    }

    /// <summary>Every location.</summary>
    public IReadOnlyList<LightspeedLocationTruth> Locations { get; }

    /// <summary>A location's business days that have a sale or a refund, oldest first.</summary>
    /// <param name="location">The location's id.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public IReadOnlyList<LightspeedDayTruth> Days(string location)
        => _days.GetValueOrDefault(location) ?? throw new ArgumentException($"There is no location {location}.", nameof(location));

    private static LightspeedDayTruth Of(DateOnly day, List<DocumentDraft> documents)
    {
        var paid = documents.Where(document => document.Type == "SALE").SelectMany(document => document.Payments).ToList();
        var back = documents.Where(document => document.Type == "REFUND").SelectMany(document => document.Payments).ToList();
        return new LightspeedDayTruth(
            day,
            documents.Count,
            Sum(documents, line => line.Gross),
            Sum(documents, line => line.DiscountAmount + line.AccountDiscountAmount),
            Sum(documents, line => line.Tax),
            Sum(documents, line => line.ChargeAmount) + documents.SelectMany(document => document.Payments).Sum(payment => payment.Surcharge),
            paid.Count,
            paid.Sum(payment => payment.Amount + payment.Surcharge),
            paid.Sum(payment => payment.Tip),
            back.Count,
            -back.Sum(payment => payment.Amount + payment.Surcharge + payment.Tip));
    }

    private static long Sum(List<DocumentDraft> documents, Func<LineDraft, long> amount) => documents.Sum(document => DocumentPricer.ToMinor(document.Standing.Sum(amount)));

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
