namespace Sous.Plugins.Sdk.Testing;

/// <summary>One rule that the suite proves.</summary>
/// <param name="Id">Its name in cards, as in <c>cancel</c>; stable.</param>
/// <param name="Grade">The lowest grade that asks for it.</param>
/// <param name="Sentence">What the driver does that keeps it.</param>
public sealed record ConformanceRule(string Id, ConformanceGrade Grade, string Sentence);
