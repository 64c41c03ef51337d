namespace Sous.Plugins.Host.Locations;

/// <summary>A finding as the API answers it.</summary>
/// <param name="Text">All of it in one plain sentence.</param>
internal sealed record LocationFindingView(LocationFindingKind Kind, DateTimeOffset At, string? Was, string? Is, string Text)
{
    public static LocationFindingView Of(LocationFinding finding) => new(finding.Kind, finding.At, finding.Was, finding.Is, finding.Text);
}
