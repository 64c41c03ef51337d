namespace Sous.Plugins.Simulators.Hosting;

/// <summary>How a service sends its webhooks.</summary>
/// <param name="Waits">Before each further try; after the last it gives up.</param>
/// <param name="IsRetried">Whether an answer of that status, 0 for none, is a reason to try again.</param>
/// <param name="Headers">The headers of a try at an address; what they are signed over is the body that they are given.</param>
internal sealed record WebhookRules(
    IReadOnlyList<TimeSpan> Waits, Func<int, bool> IsRetried, Func<Webhook, Uri, ReadOnlyMemory<byte>, IEnumerable<KeyValuePair<string, string>>> Headers);
