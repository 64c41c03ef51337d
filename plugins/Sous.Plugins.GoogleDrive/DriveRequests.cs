using Google.Apis.Discovery;
using Google.Apis.Requests;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Sous.Plugins.GoogleDrive;

// What Google.Apis.Drive.v3 generates, as far as it is used here, by the same names: that package can take this file's place.
/// <summary>Drive v3 on the base classes that Google's generated clients stand on.</summary>
internal sealed class DriveService(BaseClientService.Initializer initializer) : BaseClientService(initializer)
{
    public override string Name => "drive";

    public override string BaseUri => (BaseUriOverride?.TrimEnd('/') ?? "https://www.googleapis.com") + "/" + BasePath;

    public override string BasePath => "drive/v3/";

    public override IList<string> Features => [];
}

/// <summary>What all requests have in common.</summary>
internal abstract class DriveBaseServiceRequest<TResponse>(IClientService service, string methodName, string httpMethod, string restPath) : ClientServiceRequest<TResponse>(service)
{
    public sealed override string MethodName => methodName;

    public sealed override string HttpMethod => httpMethod;

    public sealed override string RestPath => restPath;

    [RequestParameter("alt", RequestParameterType.Query)]
    public string? Alt { get; set; }

    [RequestParameter("fields", RequestParameterType.Query)]
    public string? Fields { get; set; }

    protected override void InitParameters()
    {
        base.InitParameters();
        Add("alt");
        Add("fields");
    }

    protected void Add(string name, bool required = false, string type = "query") =>
        RequestParameters.Add(name, new Parameter { Name = name, IsRequired = required, ParameterType = type });
}

internal sealed class AboutGetRequest : DriveBaseServiceRequest<DriveAbout>
{
    public AboutGetRequest(IClientService service)
        : base(service, "get", "GET", "about") => InitParameters();
}

internal sealed class FilesListRequest : DriveBaseServiceRequest<DriveFileList>
{
    public FilesListRequest(IClientService service)
        : base(service, "list", "GET", "files") => InitParameters();

    [RequestParameter("q", RequestParameterType.Query)]
    public string? Q { get; set; }

    [RequestParameter("pageSize", RequestParameterType.Query)]
    public int? PageSize { get; set; }

    [RequestParameter("pageToken", RequestParameterType.Query)]
    public string? PageToken { get; set; }

    [RequestParameter("corpora", RequestParameterType.Query)]
    public string? Corpora { get; set; }

    [RequestParameter("driveId", RequestParameterType.Query)]
    public string? DriveId { get; set; }

    [RequestParameter("supportsAllDrives", RequestParameterType.Query)]
    public bool? SupportsAllDrives { get; set; }

    [RequestParameter("includeItemsFromAllDrives", RequestParameterType.Query)]
    public bool? IncludeItemsFromAllDrives { get; set; }

    protected override void InitParameters()
    {
        base.InitParameters();
        foreach (var name in (string[])["q", "pageSize", "pageToken", "corpora", "driveId", "supportsAllDrives", "includeItemsFromAllDrives"])
        {
            Add(name);
        }
    }
}

/// <summary>Metadata; with <c>alt=media</c> the content.</summary>
internal sealed class FilesGetRequest : DriveBaseServiceRequest<DriveFile>
{
    public FilesGetRequest(IClientService service, string fileId)
        : base(service, "get", "GET", "files/{fileId}")
    {
        FileId = fileId;
        InitParameters();
    }

    [RequestParameter("fileId", RequestParameterType.Path)]
    public string FileId { get; }

    [RequestParameter("acknowledgeAbuse", RequestParameterType.Query)]
    public bool? AcknowledgeAbuse { get; set; }

    [RequestParameter("supportsAllDrives", RequestParameterType.Query)]
    public bool? SupportsAllDrives { get; set; }

    protected override void InitParameters()
    {
        base.InitParameters();
        Add("fileId", required: true, "path");
        Add("acknowledgeAbuse");
        Add("supportsAllDrives");
    }
}

internal sealed class FilesExportRequest : DriveBaseServiceRequest<DriveFile>
{
    public FilesExportRequest(IClientService service, string fileId, string mimeType)
        : base(service, "export", "GET", "files/{fileId}/export")
    {
        (FileId, MimeType) = (fileId, mimeType);
        InitParameters();
    }

    [RequestParameter("fileId", RequestParameterType.Path)]
    public string FileId { get; }

    [RequestParameter("mimeType", RequestParameterType.Query)]
    public string MimeType { get; }

    protected override void InitParameters()
    {
        base.InitParameters();
        Add("fileId", required: true, "path");
        Add("mimeType", required: true);
    }
}

internal sealed class DrivesListRequest : DriveBaseServiceRequest<SharedDriveList>
{
    public DrivesListRequest(IClientService service)
        : base(service, "list", "GET", "drives") => InitParameters();

    [RequestParameter("pageSize", RequestParameterType.Query)]
    public int? PageSize { get; set; }

    [RequestParameter("pageToken", RequestParameterType.Query)]
    public string? PageToken { get; set; }

    protected override void InitParameters()
    {
        base.InitParameters();
        Add("pageSize");
        Add("pageToken");
    }
}

internal sealed class ChangesGetStartPageTokenRequest : DriveBaseServiceRequest<DriveStartPageToken>
{
    public ChangesGetStartPageTokenRequest(IClientService service)
        : base(service, "getStartPageToken", "GET", "changes/startPageToken") => InitParameters();

    [RequestParameter("driveId", RequestParameterType.Query)]
    public string? DriveId { get; set; }

    [RequestParameter("supportsAllDrives", RequestParameterType.Query)]
    public bool? SupportsAllDrives { get; set; }

    protected override void InitParameters()
    {
        base.InitParameters();
        Add("driveId");
        Add("supportsAllDrives");
    }
}

/// <summary>What changes.list and changes.watch both ask.</summary>
internal abstract class ChangesRequest<TResponse> : DriveBaseServiceRequest<TResponse>
{
    protected ChangesRequest(IClientService service, string pageToken, string methodName, string httpMethod, string restPath)
        : base(service, methodName, httpMethod, restPath)
    {
        PageToken = pageToken;
        InitParameters();
    }

    [RequestParameter("pageToken", RequestParameterType.Query)]
    public string PageToken { get; }

    [RequestParameter("pageSize", RequestParameterType.Query)]
    public int? PageSize { get; set; }

    [RequestParameter("driveId", RequestParameterType.Query)]
    public string? DriveId { get; set; }

    [RequestParameter("includeRemoved", RequestParameterType.Query)]
    public bool? IncludeRemoved { get; set; }

    [RequestParameter("supportsAllDrives", RequestParameterType.Query)]
    public bool? SupportsAllDrives { get; set; }

    [RequestParameter("includeItemsFromAllDrives", RequestParameterType.Query)]
    public bool? IncludeItemsFromAllDrives { get; set; }

    protected sealed override void InitParameters()
    {
        base.InitParameters();
        Add("pageToken", required: true);
        foreach (var name in (string[])["pageSize", "driveId", "includeRemoved", "supportsAllDrives", "includeItemsFromAllDrives"])
        {
            Add(name);
        }
    }
}

internal sealed class ChangesListRequest(IClientService service, string pageToken) : ChangesRequest<DriveChangeList>(service, pageToken, "list", "GET", "changes");

internal sealed class ChangesWatchRequest(IClientService service, string pageToken) : ChangesRequest<DriveChannel>(service, pageToken, "watch", "POST", "changes/watch");

internal sealed class ChannelsStopRequest : DriveBaseServiceRequest<string>
{
    public ChannelsStopRequest(IClientService service)
        : base(service, "stop", "POST", "channels/stop") => InitParameters();
}
