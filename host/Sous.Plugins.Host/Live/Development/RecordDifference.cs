namespace Sous.Plugins.Host.Live.Development;

/// <summary>One record that is not what it was.</summary>
internal sealed record RecordDifference(string Id, DifferenceKind Kind, IReadOnlyList<MemberDifference> Members);
