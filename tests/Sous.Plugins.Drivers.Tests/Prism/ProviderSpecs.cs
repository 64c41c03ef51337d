namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>The services' own API definitions, which are not part of the tree.</summary>
internal static class ProviderSpecs
{
    private const string Variable = "SOUS_PROVIDER_SPECS";

    public static string? Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    public static void SkipUnlessPresent() => Assert.SkipWhen(Folder is null,
        $"NOT CHECKED against the service's own definition: {Variable} does not name the folder of definitions.");

    public static string Path(string file) => System.IO.Path.Combine(Folder ?? throw new InvalidOperationException($"{Variable} is not set."), file);
}
