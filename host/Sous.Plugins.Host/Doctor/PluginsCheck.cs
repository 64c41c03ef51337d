namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether each enabled driver serves or, while no host runs, is as it is pinned and could be loaded.</summary>
internal sealed class PluginsCheck(EnabledPlugins plugins) : ICheck
{
    public static string Name => "plugins";

    public static string Remedy => "Correct plugins.json.";

    public ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        var rows = plugins();
        List<Diagnosis> found = rows.Count > 0
            ? [.. rows.Select(static row => row.Reason is { } reason ? Diagnosis.Failed($"plugin {row.Id}", reason, row.Remedy ?? "Install another version.") : Diagnosis.Ok($"plugin {row.Id}", $"Version {row.Version} can serve."))]
            : [Diagnosis.Warning(Name, "No plugin is enabled: the host can connect to nothing.", "See what there is with: sous-plugins plugins list")];
        return ValueTask.FromResult<IReadOnlyList<Diagnosis>>(found);
    }
}
