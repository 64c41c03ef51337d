using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Sdk.Files;

namespace Sous.Plugins.Host.Live;

/// <summary>A tenant's files as its storage service has them now.</summary>
internal static class StorageEndpoint
{
    /// <summary>The files of a folder, or of the folders in the connection's settings.</summary>
    public static Task<IResult> ListAsync(TenantId tenant, HttpRequest request, LiveDrivers drivers, CancellationToken cancellationToken)
        => ListAsync(tenant, request, foldersOnly: false, drivers, cancellationToken);

    /// <summary>The folders of a folder, or the topmost that the account can see: those to choose the settings' folders from.</summary>
    public static Task<IResult> ListFoldersAsync(TenantId tenant, HttpRequest request, LiveDrivers drivers, CancellationToken cancellationToken)
        => ListAsync(tenant, request, foldersOnly: true, drivers, cancellationToken);

    private static async Task<IResult> ListAsync(TenantId tenant, HttpRequest request, bool foldersOnly, LiveDrivers drivers, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var (folder, connection) = (parameters.Text("folder", PosEndpoint.LongestId), parameters.Text("connection", PosEndpoint.LongestId));
        if (parameters.Errors is { Count: > 0 } errors)
        {
            return Problems.Invalid([.. errors]);
        }

        var (driver, refusal) = await drivers.OpenAsync(tenant, DriverCapability.Storage, connection, cancellationToken);
        return driver is { Driver: IStorageDriver storage }
            ? new RecordLines<StorageFile>(driver, token => storage.ListFilesAsync(new FolderRequest { FolderId = folder, FoldersOnly = foldersOnly }, token), CanonicalJson.Default.StorageFile)
            : refusal ?? Problems.NotFound();
    }

    /// <summary>A file's content: as it is, whole or one range of it, or exported to a media type.</summary>
    public static async Task<IResult> FetchAsync(TenantId tenant, string id, HttpRequest request, LiveDrivers drivers, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var (type, connection) = (parameters.Text("type", PosEndpoint.LongestId), parameters.Text("connection", PosEndpoint.LongestId));
        if (parameters.Errors is { Count: > 0 } errors)
        {
            return Problems.Invalid([.. errors]);
        }

        var (driver, refusal) = await drivers.OpenAsync(tenant, DriverCapability.Storage, connection, cancellationToken);
        return driver is not null
            ? new ContentAnswer(driver, new FileRequest { FileId = id, ExportType = type }, type is null ? AskedRange.Read(request) : null)
            : refusal ?? Problems.NotFound();
    }
}
