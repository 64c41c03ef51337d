using System.Collections;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host;

/// <summary>Where settings come from, for the worker and for the verbs: appsettings.json, over it the environment, over it the command line.</summary>
internal static class HostConfiguration
{
    public static IConfigurationBuilder AddHostSettings(this IConfigurationBuilder configuration, HostSettings settings) => configuration
        .AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true)
        .AddInMemoryCollection(settings.Environment ?? ReadEnvironment())
        .AddInMemoryCollection(ReadStandardTelemetry())
        .AddInMemoryCollection(settings.ToConfiguration());

    /// <summary>By key, as in <c>Clients:square:ClientId</c>.</summary>
    public static IReadOnlyList<KeyValuePair<string, string?>> ReadEnvironment()
        => [.. new ConfigurationBuilder().AddEnvironmentVariables("SOUS_").Build().AsEnumerable().Where(static pair => pair.Value is not null)];

    /// <summary>Where telemetry is sent to is set by the names that OpenTelemetry gives it everywhere.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> ReadStandardTelemetry() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Select(static variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value))
        .Where(static variable => variable.Key.StartsWith("OTEL_", StringComparison.Ordinal));

    /// <summary>The data folder, as it was named.</summary>
    public static string ReadDataPath(this IConfiguration configuration) => configuration.ReadPath("Data", "data");

    public static string ReadPath(this IConfiguration configuration, string setting, string otherwise) => configuration[setting] switch
    {
        null => otherwise,
        "" => throw new OptionsValidationException(setting, typeof(HostSettings), [$"SOUS_{setting} (or --{setting.ToLowerInvariant()}) is empty; it is a path."]),
        var path => path,
    };
}
