namespace Sous.Plugins.Simulators.Toast;

/// <summary>How a simulated Toast starts. With the same seed, numbers and clock it serves the same bytes.</summary>
public sealed record ToastSimulatorOptions
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>Orders in the history, over all restaurants. Default 2,000; 0 is allowed.</summary>
    public int Orders { get; init; } = 2_000;

    /// <summary>What all seeded choices follow from. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Length of the history in days, ending at the clock's now. Default 90.</summary>
    public int Days { get; init; } = 90;

    /// <summary>The client's id. Default a fixed one.</summary>
    public string ClientId { get; init; } = "toast-simulated";

    /// <summary>The client's secret; null makes one, with the text SOUSCANARY in it.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>The key that webhooks are signed with; null makes one, with the text SOUSCANARY in it.</summary>
    public string? WebhookSecret { get; init; }

    /// <summary>Life of a token. Default 24 hours.</summary>
    public TimeSpan TokenLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Logins of a client within an hour, of whatever outcome; more are answered with 429. Default 2.</summary>
    public int LoginsPerHour { get; init; } = 2;

    /// <summary>Whether Toast's rate limits are kept and told of in the answers' headers: 20 requests a second and 10,000 in 15 minutes, 5 a second for ordersBulk, 1 for menus, each for a client and a restaurant. Default true.</summary>
    public bool RateLimits { get; init; } = true;

    /// <summary>Whether a check's totalAmount holds its gratuity: Toast's definition leaves it open. Default true.</summary>
    public bool GratuityInTotal { get; init; } = true;

    /// <summary>Whether connectedRestaurants answers with one object, as its text says, and not with a list of one, as its definition says. Default false.</summary>
    public bool ConnectedAsObject { get; init; }
}
