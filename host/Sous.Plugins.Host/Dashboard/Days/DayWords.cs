using System.Globalization;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Dashboard.Days;

/// <summary>A business day's figures in a bookkeeper's words.</summary>
internal static class DayWords
{
    /// <param name="name">As in the API: net, payments, refund_count.</param>
    public static string Figure(string name) => name switch
    {
        "sales" => "Sales, how many",
        "gross" => "Sales before discounts",
        "discounts" => "Discounts",
        "net" => "Net sales",
        "tax" => "Tax",
        "tax_included" => "Tax within the prices",
        "service_charges" => "Service charges",
        "refunded" => "Given back of these sales by now",
        "payments" => "Payments",
        "tips" => "Tips",
        "refunds" => "Refunds paid on the day",
        "payment_count" => "Payments, how many",
        "refund_count" => "Refunds, how many",
        _ => name,
    };

    /// <param name="currency">Null for a number.</param>
    public static string Amount(long value, string? currency)
        => currency is null ? value.ToString("N0", CultureInfo.InvariantCulture) : new Money(value, currency).ToString();

    public static string Long(DateOnly day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>What differs, and what comes of it.</summary>
    public static Html Differences(TieOut tie, DateTimeOffset now) => Html.Of($"""
        {Html.Concat(tie.Figures.Where(static figure => !figure.Ties).Select(static figure => Html.Of($"<p>{Figure(figure.Name)}: we have {Amount(figure.Ours, figure.OurCurrency)}, the service tells {Amount(figure.Theirs, figure.TheirCurrency)}.</p>")))}
        <p class="soft">{(tie.NextAttempt is { } next ? Html.Of($"It is fetched and compared again {Markup.Time(next, now)}, by itself.") : default)}
        {(tie.Actor is { } actor ? $"Fetching it again did not help. {Words.Of(actor)}" : "")}</p>
        """);

    /// <summary>What changed since the books were closed.</summary>
    public static Html Changes(DaySums closed, DaySums now) => Html.Concat(closed.ChangesTo(now).Select(static change
        => Html.Of($"<p>{Figure(change.Name)}: {Amount(change.Was, change.Currency)} when it was closed, {Amount(change.Is, change.Currency)} now.</p>")));
}
