namespace Sous.Plugins.Simulators.Drive;

/// <summary>How a simulated Google Drive starts. With the same seed, numbers and clock it serves the same bytes.</summary>
public sealed record DriveSimulatorOptions
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>Recipes in the folder <see cref="DriveSimulator.RecipesFolder"/>, besides its odd files. Default 120; 0 is allowed.</summary>
    public int Recipes { get; init; } = 120;

    /// <summary>Size of the one large file, <see cref="DriveSimulator.LargeFile"/>, in bytes. It is made while it is sent. Default 8 MiB.</summary>
    public long LargeFileBytes { get; init; } = 8 << 20;

    /// <summary>What all seeded choices follow from. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The client registration's id. Default a fixed one.</summary>
    public string ClientId { get; init; } = "simulated.apps.googleusercontent.com";

    /// <summary>The client registration's secret; null makes one, with the text SOUSCANARY in it.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>The redirect addresses that are registered, compared character by character. Empty: the first one seen becomes the only one.</summary>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>Life of an access token. Default an hour, told as 3,599 seconds.</summary>
    public TimeSpan AccessTokenLife { get; init; } = TimeSpan.FromSeconds(3599);

    /// <summary>Takes channel addresses by plain http on loopback, which Google refuses. Default false.</summary>
    public bool LoopbackChannels { get; init; }
}
