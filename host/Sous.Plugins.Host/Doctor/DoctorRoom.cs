using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Doctor;

internal static class DoctorRoom
{
    /// <summary>Wants every other room.</summary>
    public static IServiceCollection AddDoctor(this IServiceCollection services) => services
        .AddSingleton<StoredRegistry>(static provider => provider.GetRequiredService<IRegistry>)
        .AddSingleton<EnabledPlugins>(static provider => () => [.. provider.GetRequiredService<DriverCatalog>().Rows.Where(static row => row.State is not DriverState.Disabled and not DriverState.Unlisted)])
        .AddSingleton<Checkup>();

    /// <summary>The same where the rooms are composed and not started.</summary>
    /// <param name="isOpen">Whether the boot gate lets the registry be opened.</param>
    public static IServiceCollection AddDoctorAlone(this IServiceCollection services, bool isOpen) => services
        .AddSingleton<StoredRegistry>(provider => () => isOpen ? TryOpen(provider) : null)
        .AddSingleton<EnabledPlugins>(static provider => () => Inspect(provider.GetRequiredService<IOptions<DriversOptions>>().Value))
        .AddSingleton<Checkup>();

    private static IRegistry? TryOpen(IServiceProvider provider)
    {
        try
        {
            return File.Exists(provider.GetRequiredService<DataFolder>().RegistryFile) ? provider.GetRequiredService<IRegistry>() : null;
        }
        catch (StorageException)
        {
            // The check of the stores tells.
            return null;
        }
    }

    private static DriverRow[] Inspect(DriversOptions options) =>
    [
        .. PluginInspection.Verify(PluginsFile.Read(options)).Where(static plugin => plugin.Entry?.Enabled == true).Select(static plugin =>
            new DriverRow(new DriverId(plugin.Id), plugin.Folder, plugin.Findings.Count > 0 ? DriverState.Refused : DriverState.Loaded)
            {
                Manifest = plugin.Manifest,
                Reason = plugin.Findings is [var first, ..] ? first.Reason : null,
                Remedy = plugin.Findings is [var found, ..] ? found.Remedy : null,
            }),
    ];
}
