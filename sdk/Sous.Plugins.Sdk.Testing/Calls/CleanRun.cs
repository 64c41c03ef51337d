namespace Sous.Plugins.Sdk.Testing.Calls;

/// <summary>A call at the healthy service: what all others are compared with.</summary>
/// <param name="Call">The call.</param>
/// <param name="Pages">What it gave.</param>
/// <param name="Requests">How many requests it took.</param>
/// <param name="Failure">What it threw, or null.</param>
internal sealed record CleanRun(DriverCall Call, IReadOnlyList<PageView> Pages, int Requests, Exception? Failure)
{
    public SortedDictionary<string, string> State { get; } = PageView.StateOf(Pages);

    /// <summary>A few of its requests, counted from 0: the first, one amid them, the last.</summary>
    public IEnumerable<int> Places => new[] { 0, Requests / 2, Requests - 1 }.Where(place => place >= 0).Distinct();
}
