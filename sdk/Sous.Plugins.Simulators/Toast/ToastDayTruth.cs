namespace Sous.Plugins.Simulators.Toast;

/// <summary>What came in and went out on one business day of a restaurant, by Toast's own dates; test mode and excess food left out.</summary>
/// <param name="Day">The business day.</param>
/// <param name="Payments">Payments that were not denied or voided.</param>
/// <param name="PaymentsMinor">Their amounts without tips, in the currency's smallest unit.</param>
/// <param name="TipsMinor">Their tips, in the smallest unit.</param>
/// <param name="Refunds">Refunds made on the day.</param>
/// <param name="RefundsMinor">Their amounts, tips given back included, in the smallest unit.</param>
public sealed record ToastDayTruth(DateOnly Day, int Payments, long PaymentsMinor, long TipsMinor, int Refunds, long RefundsMinor);
