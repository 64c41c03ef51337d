using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Simulators.Drive.Files;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Resources as Drive renders them, whole; a field mask takes from that.</summary>
internal static class FileJson
{
    /// <summary>Members that an answer may have although the one at hand has not.</summary>
    public static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "kind", "id", "name", "mimeType", "parents", "driveId", "createdTime", "modifiedTime", "version", "trashed", "explicitlyTrashed", "size", "md5Checksum", "sha256Checksum",
        "headRevisionId", "originalFilename", "fileExtension", "shortcutDetails", "targetId", "targetMimeType", "targetResourceKey", "resourceKey", "exportLinks", "capabilities",
        "canDownload", "canEdit", "owners", "ownedByMe", "shared", "spaces", "webViewLink", "description", "starred", "nextPageToken", "newStartPageToken", "incompleteSearch",
        "files", "changes", "drives", "changeType", "type", "time", "removed", "fileId", "file", "drive", "user", "displayName", "emailAddress", "permissionId", "me", "storageQuota",
        "exportFormats", "startPageToken",
    };

    public const string Usual = "kind,id,name,mimeType,driveId,resourceKey";

    public static string Time(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    public static JsonObject Of(DriveFile file, bool trashed)
    {
        var json = new JsonObject
        {
            ["kind"] = "drive#file",
            ["id"] = file.Id,
            ["name"] = file.Name,
            ["mimeType"] = file.MimeType,
            ["createdTime"] = Time(file.Created),
            ["modifiedTime"] = Time(file.Modified),
            ["version"] = file.Version.ToString(CultureInfo.InvariantCulture),
            ["trashed"] = trashed,
            ["explicitlyTrashed"] = file.Trashed,
            ["spaces"] = new JsonArray("drive"),
            ["capabilities"] = new JsonObject { ["canDownload"] = file.CanDownload, ["canEdit"] = false },
        };
        if (file.Parent is { } parent)
        {
            json["parents"] = new JsonArray(parent);
        }

        if (file.DriveId is { } drive)
        {
            json["driveId"] = drive;
        }
        else
        {
            json["ownedByMe"] = file.Parent is not null;
        }

        if (file.Content is { } content)
        {
            json["size"] = content.Length.ToString(CultureInfo.InvariantCulture);
            json["md5Checksum"] = content.Md5;
            json["sha256Checksum"] = content.Sha256;
            json["headRevisionId"] = $"0B{content.Md5[..20]}";
            json["originalFilename"] = file.Name;
        }

        if (file.ShortcutTarget is { } target)
        {
            json["shortcutDetails"] = new JsonObject { ["targetId"] = target, ["targetMimeType"] = file.ShortcutTargetType };
        }

        if (file.ExportTypes.Count > 0)
        {
            json["exportLinks"] = new JsonObject(file.ExportTypes.Select(type => KeyValuePair.Create(type, (JsonNode?)$"https://docs.google.com/feeds/download/documents/export/Export?id={file.Id}&exportFormat={Uri.EscapeDataString(type)}")));
        }

        return json;
    }

    public static JsonObject About() => new()
    {
        ["kind"] = "drive#about",
        ["user"] = new JsonObject
        {
            ["kind"] = "drive#user",
            ["displayName"] = "Hill & Harbor",
            ["me"] = true,
            ["permissionId"] = DriveSimulator.AccountId,
            ["emailAddress"] = DriveSimulator.AccountName,
        },
        ["storageQuota"] = new JsonObject { ["limit"] = "16106127360", ["usage"] = "1073741824" },
        ["exportFormats"] = new JsonObject { [DriveFile.Document] = new JsonArray("application/pdf", "text/markdown", "text/plain"), [DriveFile.Spreadsheet] = new JsonArray("application/pdf", "text/csv") },
    };
}
