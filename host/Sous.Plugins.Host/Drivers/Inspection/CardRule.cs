namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>One rule of a conformance card.</summary>
/// <param name="Id">The rule's name, as in <c>cancel</c>.</param>
/// <param name="Grade">The lowest grade that asks for it.</param>
/// <param name="Outcome">How the driver stands to it.</param>
internal sealed record CardRule(string Id, CardGrade Grade, CardOutcome Outcome);
