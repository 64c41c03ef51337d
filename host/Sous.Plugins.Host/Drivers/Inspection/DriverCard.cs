using System.Globalization;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>The conformance card that lies in a plugin's folder: its author's word, which nobody here has measured again.</summary>
/// <param name="Grade">What the rules come to.</param>
/// <param name="OfThisBuild">Whether it speaks of the DLL that lies beside it.</param>
/// <param name="Version">The driver's version that was measured.</param>
/// <param name="At">When it was measured.</param>
/// <param name="Suite">Version of the suite that measured, where the card tells it.</param>
/// <param name="Rules">Every rule, in the card's order.</param>
internal sealed record DriverCard(CardGrade Grade, bool OfThisBuild, string Version, DateTimeOffset At, string? Suite, IReadOnlyList<CardRule> Rules)
{
    /// <summary>All of it in a line.</summary>
    public string Summary => OfThisBuild
        ? $"{Said(Grade)}: {Counted} rules met{(LeftOut > 0 ? $", {LeftOut} not applicable" : "")}, as its author measured on {Day}"
        : $"of another build ({Version}, {Said(Grade)} on {Day}): it says nothing of this one";

    private int LeftOut => Rules.Count(static rule => rule.Outcome == CardOutcome.NotApplicable);

    private string Counted => string.Create(CultureInfo.InvariantCulture, $"{Rules.Count(static rule => rule.Outcome == CardOutcome.Met)} of {Rules.Count}");

    private string Day => At.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Said(CardGrade grade) => grade == CardGrade.None ? "no grade" : grade.ToString().ToLowerInvariant();
}
