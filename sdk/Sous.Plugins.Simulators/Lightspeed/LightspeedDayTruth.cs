namespace Sous.Plugins.Simulators.Lightspeed;

/// <summary>One business day of a location, by documents that closed on it. Amounts are in the smallest unit; each document is rounded by itself, half to even, and what came back is taken off.</summary>
/// <param name="Day">The business day.</param>
/// <param name="Sales">Documents that count as revenue: sales and refunds.</param>
/// <param name="GrossMinor">Their lines before discounts, with the tax where prices hold it.</param>
/// <param name="DiscountsMinor">What discounts took off.</param>
/// <param name="TaxMinor">Tax, within the prices or on top of them.</param>
/// <param name="ServiceChargesMinor">Service charges and surcharges.</param>
/// <param name="Payments">Payments of sales.</param>
/// <param name="PaymentsMinor">Their amounts without tips.</param>
/// <param name="TipsMinor">Their tips.</param>
/// <param name="Refunds">Payments of refunds.</param>
/// <param name="RefundsMinor">Their amounts, tips given back included; a positive amount.</param>
public sealed record LightspeedDayTruth(
    DateOnly Day, int Sales, long GrossMinor, long DiscountsMinor, long TaxMinor, long ServiceChargesMinor, int Payments, long PaymentsMinor, long TipsMinor, int Refunds, long RefundsMinor);
