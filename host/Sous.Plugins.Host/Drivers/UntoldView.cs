namespace Sous.Plugins.Host.Drivers;

/// <summary>Changes of a service that polling alone found, where none of its webhooks is accepted.</summary>
/// <param name="Since">From when on they are counted: a week back at most.</param>
/// <param name="AcceptedAt">When the last webhook was accepted that was about a connection; absent where none ever was.</param>
/// <param name="Changes">Records that were new, changed or deleted.</param>
/// <param name="Says">One sentence: since when, how many changes, and what came that was not accepted.</param>
internal sealed record UntoldView(DateTimeOffset Since, DateTimeOffset? AcceptedAt, long Changes, string Says);
