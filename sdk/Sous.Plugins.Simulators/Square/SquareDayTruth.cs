namespace Sous.Plugins.Simulators.Square;

/// <summary>What came in and went out on one business day, by the times of payments and refunds.</summary>
/// <param name="Day">The business day.</param>
/// <param name="Payments">Completed payments.</param>
/// <param name="PaymentsMinor">Their amounts without tips, in the currency's smallest unit.</param>
/// <param name="TipsMinor">Their tips, in the smallest unit.</param>
/// <param name="Refunds">Refunds that give money back: completed or pending.</param>
/// <param name="RefundsMinor">Their amounts, tips given back included, in the smallest unit.</param>
public sealed record SquareDayTruth(DateOnly Day, int Payments, long PaymentsMinor, long TipsMinor, int Refunds, long RefundsMinor);
