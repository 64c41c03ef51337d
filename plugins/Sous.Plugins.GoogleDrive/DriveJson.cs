using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;

namespace Sous.Plugins.GoogleDrive;

/// <summary>A file as Drive tells it, as far as it is asked for.</summary>
internal sealed record DriveFile
{
    public const string FolderType = "application/vnd.google-apps.folder";
    public const string ShortcutType = "application/vnd.google-apps.shortcut";

    /// <summary>What is asked for of each file: without <c>fields</c> Drive tells next to nothing.</summary>
    public const string Fields =
        "id,name,mimeType,size,md5Checksum,sha256Checksum,createdTime,modifiedTime,headRevisionId,parents,driveId,trashed,shortcutDetails(targetId,targetMimeType),capabilities(canDownload),exportLinks";

    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? MimeType { get; init; }

    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public long? Size { get; init; }

    public string? Md5Checksum { get; init; }

    public string? Sha256Checksum { get; init; }

    public DateTimeOffset? CreatedTime { get; init; }

    public DateTimeOffset? ModifiedTime { get; init; }

    public string? HeadRevisionId { get; init; }

    public List<string>? Parents { get; init; }

    public string? DriveId { get; init; }

    public bool Trashed { get; init; }

    public DriveShortcut? ShortcutDetails { get; init; }

    public DriveCapabilities? Capabilities { get; init; }

    public Dictionary<string, string>? ExportLinks { get; init; }

    [JsonIgnore]
    public bool IsFolder => MimeType == FolderType;

    /// <summary>Whether it is one of Google's own kinds, which have no content of their own.</summary>
    [JsonIgnore]
    public bool IsGoogles => MimeType?.StartsWith("application/vnd.google-apps.", StringComparison.Ordinal) == true;

    /// <summary>The one folder that it stands in.</summary>
    [JsonIgnore]
    public string? Parent => Parents is [var parent, ..] ? parent : null;

    [JsonIgnore]
    public IReadOnlyList<string> ExportTypes => ExportLinks is { } links && Capabilities?.CanDownload != false ? [.. links.Keys.Order(StringComparer.Ordinal)] : [];

    /// <summary>The canonical file. A shortcut keeps its own id, name and place, and tells of its target's content.</summary>
    /// <param name="target">What the shortcut points at, or null where that is not there.</param>
    public StorageFile ToStorageFile(DriveFile? target)
    {
        var content = target ?? this;
        return new StorageFile
        {
            Ref = new ExternalRef(DriveDriver.Service, Id ?? "", content.HeadRevisionId),
            Name = Name ?? Id ?? "",
            MimeType = content.MimeType ?? "application/octet-stream",
            Size = content.Size,
            Md5 = content.Md5Checksum,
            Sha256 = content.Sha256Checksum,
            ModifiedAt = content.ModifiedTime ?? content.CreatedTime ?? DateTimeOffset.UnixEpoch,
            ParentId = Parent,
            DriveId = DriveId,
            IsFolder = content.IsFolder,
            Trashed = Trashed,
            ShortcutTargetId = ShortcutDetails?.TargetId,
            Downloadable = content is { IsGoogles: false, Capabilities.CanDownload: not false },
            ExportTypes = content.ExportTypes,
        };
    }
}

internal sealed record DriveShortcut(string? TargetId, string? TargetMimeType);

internal sealed record DriveCapabilities(bool? CanDownload);

/// <summary>A page of a listing; the files are kept as they came, since they are stored so too.</summary>
internal sealed record DriveFileList(List<JsonElement>? Files, string? NextPageToken, bool IncompleteSearch);

/// <summary>A page of the shared drives that the account is a member of, each as it came.</summary>
internal sealed record SharedDriveList(List<JsonElement>? Drives, string? NextPageToken);

internal sealed record SharedDrive(string? Id, string? Name, DateTimeOffset? CreatedTime)
{
    public const string Fields = "id,name,createdTime";

    /// <summary>Its topmost folder, which has the drive's id.</summary>
    public StorageFile ToFolder() => new()
    {
        Ref = new ExternalRef(DriveDriver.Service, Id ?? "", null),
        Name = Name ?? Id ?? "",
        MimeType = DriveFile.FolderType,
        ModifiedAt = CreatedTime ?? DateTimeOffset.UnixEpoch,
        DriveId = Id,
        IsFolder = true,
        Downloadable = false,
    };
}

internal sealed record DriveChange(string? ChangeType, string? FileId, bool Removed, JsonElement? File);

internal sealed record DriveChangeList(List<DriveChange>? Changes, string? NextPageToken, string? NewStartPageToken);

internal sealed record DriveStartPageToken(string? StartPageToken);

internal sealed record DriveAbout(DriveUser? User);

internal sealed record DriveUser(string? PermissionId, string? EmailAddress, string? DisplayName);

/// <summary>A channel, as it is asked for and as it is told.</summary>
internal sealed record DriveChannel
{
    public string? Id { get; init; }

    public string? Type { get; init; }

    public string? Address { get; init; }

    public string? Token { get; init; }

    /// <summary>Milliseconds since 1970, as text.</summary>
    public string? Expiration { get; init; }

    public string? ResourceId { get; init; }
}

/// <summary>A connection's settings, valid by the manifest's schema.</summary>
internal sealed record DriveSettings
{
    public List<string>? Folders { get; init; }

    public bool AcknowledgeAbuse { get; init; }

    public long? MaxFileBytes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(DriveAbout))]
[JsonSerializable(typeof(DriveChangeList))]
[JsonSerializable(typeof(DriveChannel))]
[JsonSerializable(typeof(DriveFile))]
[JsonSerializable(typeof(DriveFileList))]
[JsonSerializable(typeof(DriveSettings))]
[JsonSerializable(typeof(DriveStartPageToken))]
[JsonSerializable(typeof(SharedDrive))]
[JsonSerializable(typeof(SharedDriveList))]
[JsonSerializable(typeof(WatchPosition))]
internal sealed partial class DriveJson : JsonSerializerContext;
