using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Sdk.Manifests;

/// <summary>
/// A driver's self-description: the driver.json beside its DLL. It is data: the host reads it, and shows it, without running
/// any code of the driver. Its JSON schema is <see cref="ReadSchema"/>, whose descriptions say what each member means.
/// </summary>
public sealed record DriverManifest
{
    /// <summary>Address of the JSON schema, for editors; not read.</summary>
    [JsonPropertyName("$schema")]
    public string? SchemaAddress { get; init; }

    /// <summary>The driver's id, <c>^[a-z0-9-]{1,40}$</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The service's name as its users know it.</summary>
    public required string Name { get; init; }

    /// <summary>The driver's own version, by semantic versioning.</summary>
    public required string Version { get; init; }

    /// <summary>File name of the driver's assembly, in the manifest's folder.</summary>
    public required string Assembly { get; init; }

    /// <summary>The contract that the driver was written against, <c>major.minor</c>.</summary>
    public required string Contract { get; init; }

    /// <summary>Where the service's API is, https, with a slash at its end; a name below <c>.invalid</c> where the service does not publish it, and the operator has to set it.</summary>
    public required Uri ApiAddress { get; init; }

    /// <summary>Hosts that the driver may call besides the API's own: a name, or <c>*.</c> and a name for all below it.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init => field = value ?? []; } = [];

    /// <summary>How a connection is authorized.</summary>
    public required AuthorizationManifest Authorization { get; init; }

    /// <summary>The streams that it offers, at least one.</summary>
    public required IReadOnlyList<StreamManifest> Streams { get; init; }

    /// <summary>
    /// How fast the service may be called, as far as it says so. What it limits is also what a wait that it asks for is of: where
    /// all of these that have no path are of the registration every connection waits, else the one that was told to. So it is with
    /// the limits of a path, where the service says that the wait is of that alone.
    /// </summary>
    public IReadOnlyList<RateLimit> RateLimits { get; init => field = value ?? []; } = [];

    /// <summary>JSON schema of a connection's settings, or null where there are none.</summary>
    public JsonElement? Settings { get; init; }

    /// <summary>What the service has and lacks, for people: a feature's name and a word on it.</summary>
    public IReadOnlyDictionary<string, string> Coverage { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    /// <summary>The JSON schema of driver.json.</summary>
    /// <returns>UTF-8 text.</returns>
    public static byte[] ReadSchema()
    {
        using var stream = typeof(DriverManifest).Assembly.GetManifestResourceStream("driver.schema.json")
            ?? throw new InvalidOperationException("The schema is missing from the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Reads a driver.json. Members that it does not know are errors: a misspelt one would otherwise be ignored.</summary>
    /// <param name="utf8">The file's bytes.</param>
    /// <exception cref="ManifestException">It is not JSON, or a member is missing, unknown or of the wrong kind; the message names it.</exception>
    public static DriverManifest Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return ManifestReader.Read(utf8);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Text that is no Unicode is found where it is taken out, and is called an invalid operation.
            throw new ManifestException($"driver.json cannot be read at {(e as JsonException)?.Path ?? "$"}: {e.Message}", e);
        }
    }
}
