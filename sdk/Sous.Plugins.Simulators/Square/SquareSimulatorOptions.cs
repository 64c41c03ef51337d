namespace Sous.Plugins.Simulators.Square;

/// <summary>How a simulated Square starts. With the same seed, numbers and clock it serves the same bytes.</summary>
public sealed record SquareSimulatorOptions
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>Orders in the history, returns included. Default 20,000; 0 is allowed. One order takes about 5 kB of memory with its payment.</summary>
    public int Orders { get; init; } = 20_000;

    /// <summary>What all seeded choices follow from. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Length of the history in days, ending at the clock's now. Default 90.</summary>
    public int Days { get; init; } = 90;

    /// <summary>The client registration's id. Default a fixed one.</summary>
    public string ClientId { get; init; } = "sq0idp-simulated";

    /// <summary>The client registration's secret; null makes one, with the text SOUSCANARY in it.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>The key that webhooks are signed with; null makes one, with the text SOUSCANARY in it.</summary>
    public string? WebhookSignatureKey { get; init; }

    /// <summary>The redirect addresses that are registered, compared character by character. Empty: the first one seen becomes the only one.</summary>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>Life of an access token. Default 30 days; a short-lived one has 24 hours.</summary>
    public TimeSpan AccessTokenLife { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Waited, on the simulator's clock, before each answer below /v2/. Default none.</summary>
    public TimeSpan PageLatency { get; init; }

    /// <summary>Objects on a page of ListCatalog, which takes no limit: Square says that its pages may come to hold more or fewer. Default 100.</summary>
    public int CatalogPage { get; init; } = 100;

    /// <summary>How long a new or changed payment or refund stays out of the listings (Square's "eventually consistent"). Default none.</summary>
    public TimeSpan ListingLag { get; init; }
}
