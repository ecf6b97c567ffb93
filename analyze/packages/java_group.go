package packages

import (
	"cmp"
	"path"
	"strings"
)

// groups are the Maven groups of well-known libraries, for archives that were
// built without Maven's own files in them: the file name then gives the artifact
// and the version, but no group. Artifacts whose names mean one thing on Maven
// Central.
var groups = inGroups(map[string]string{
	"org.apache.logging.log4j":   "log4j-core log4j-api log4j-1.2-api log4j-web log4j-slf4j-impl log4j-jcl log4j-jul",
	"log4j":                      "log4j",
	"com.fasterxml.jackson.core": "jackson-databind jackson-core jackson-annotations",
	"org.codehaus.jackson": "jackson-mapper-asl jackson-core-asl jackson-jaxrs " +
		"jackson-xc jackson-mapper-lgpl jackson-core-lgpl",
	"org.springframework": "spring spring-core spring-beans spring-context spring-context-support " +
		"spring-context-indexer " +
		"spring-aop spring-aspects spring-expression spring-instrument spring-jcl spring-jdbc spring-jms " +
		"spring-orm spring-oxm spring-r2dbc spring-test spring-tx spring-web spring-webmvc spring-webflux " +
		"spring-websocket spring-messaging spring-webmvc-portlet spring-struts spring-asm",
	"org.springframework.boot":    "spring-boot",
	"org.springframework.kafka":   "spring-kafka",
	"org.springframework.retry":   "spring-retry",
	"org.springframework.hateoas": "spring-hateoas",
	"org.yaml":                    "snakeyaml",
	"com.google.code.gson":        "gson",
	"com.google.guava":            "guava guava-gwt",
	"com.google.protobuf":         "protobuf-java protobuf-javalite protobuf-java-util",
	"com.google.inject":           "guice",
	"org.apache.commons": "commons-text commons-lang3 commons-compress commons-collections4 commons-configuration2 " +
		"commons-csv " +
		"commons-math commons-math3 commons-pool2 commons-dbcp2 commons-exec commons-email commons-crypto " +
		"commons-vfs2 commons-jcs commons-imaging commons-rng commons-numbers commons-bcel " +
		"commons-fileupload2-core",
	"org.apache.tomcat.embed":   "tomcat-embed-core tomcat-embed-el tomcat-embed-jasper tomcat-embed-websocket",
	"org.apache.struts":         "struts2-core struts-core",
	"org.apache.struts.xwork":   "xwork-core",
	"struts":                    "struts",
	"org.apache.httpcomponents": "httpclient httpcore httpmime httpclient-cache httpasyncclient httpcore-nio",
	"ch.qos.logback":            "logback-core logback-classic logback-access",
	"com.thoughtworks.xstream":  "xstream",
	"com.alibaba":               "fastjson druid dubbo",
	"org.bouncycastle": "bcprov-jdk14 bcprov-jdk15 bcprov-jdk15on bcprov-jdk15to18 bcprov-jdk16 bcprov-jdk18on " +
		"" +
		"bcpkix-jdk15on bcpkix-jdk18on bcpg-jdk15on bcpg-jdk18on bcmail-jdk15on bcmail-jdk18on bctls-jdk18on " +
		"bc-fips",
	"com.h2database":          "h2",
	"org.hsqldb":              "hsqldb",
	"org.postgresql":          "postgresql",
	"mysql":                   "mysql-connector-java",
	"com.mysql":               "mysql-connector-j",
	"org.mariadb.jdbc":        "mariadb-java-client",
	"com.microsoft.sqlserver": "mssql-jdbc",
	"org.xerial":              "sqlite-jdbc",
	"org.apache.derby":        "derby derbyclient derbynet derbytools derbyshared derbyoptionaltools derbyrun",
	"org.hibernate":           "hibernate-core hibernate-entitymanager hibernate-annotations",
	"org.hibernate.validator": "hibernate-validator",
	"com.squareup.okhttp3":    "okhttp",
	"com.squareup.okio":       "okio",
	"org.jsoup":               "jsoup",
	"org.json":                "json",
	"org.apache.axis":         "axis",
	"axis":                    "axis-ant",
	"xerces":                  "xercesImpl",
	"xalan":                   "xalan serializer",
	"dom4j":                   "dom4j",
	"org.jdom":                "jdom jdom2",
	"com.mchange":             "c3p0",
	"org.apache.ant":          "ant",
	"junit":                   "junit",
	"org.lz4":                 "lz4-java lz4-pure-java",
	"org.xerial.snappy":       "snappy-java",
	"org.apache.santuario":    "xmlsec",
	"ognl":                    "ognl",
	"org.owasp.esapi":         "esapi",
	"org.owasp.antisamy":      "antisamy",
	"com.nimbusds":            "nimbus-jose-jwt",
	"net.minidev":             "json-smart",
	"com.jayway.jsonpath":     "json-path",
	"org.slf4j":               "jcl-over-slf4j jul-to-slf4j log4j-over-slf4j osgi-over-slf4j",
	"org.fusesource.jansi":    "jansi",
	"org.codehaus.jettison":   "jettison",
	"com.fasterxml.woodstox":  "woodstox-core",
	"org.freemarker":          "freemarker",
	"org.thymeleaf":           "thymeleaf thymeleaf-spring5 thymeleaf-spring6",
	"velocity":                "velocity",
	"org.apache.velocity":     "velocity-engine-core",
	"org.apache.zookeeper":    "zookeeper",
	"org.elasticsearch":       "elasticsearch",
	"org.quartz-scheduler":    "quartz",
	"org.apache.kafka":        "kafka-clients",
	"org.apache.mina":         "mina-core",
	"org.apache.sshd":         "sshd-core sshd-common",
	"com.jcraft":              "jsch",
	"org.apache.thrift":       "libthrift",
	"org.apache.avro":         "avro",
	"org.apache.parquet":      "parquet-avro",
	"com.hazelcast":           "hazelcast",
	"com.google.oauth-client": "google-oauth-client",
	"org.eclipse.jgit":        "org.eclipse.jgit",
	"com.beust":               "jcommander",
	"net.sf.ehcache":          "ehcache",
	"org.beanshell":           "bsh",
	"bsh":                     "bsh-core",
	"org.python":              "jython jython-standalone",
	"org.mozilla":             "rhino",
	"com.itextpdf":            "itextpdf",
	"com.lowagie":             "itext",
	"org.apache.bcel":         "bcel",
	"org.apache.xmlbeans":     "xmlbeans",
	"io.jsonwebtoken":         "jjwt",
	"com.auth0":               "java-jwt",
	"org.jasypt":              "jasypt",
	"com.sun.mail":            "javax.mail",
	"org.glassfish":           "javax.el javax.json jakarta.el",
	"javax.servlet":           "jstl",
})

// families are groups whose artifacts begin alike, the longer first.
var families = []struct{ prefix, group string }{
	{"spring-boot-", "org.springframework.boot"}, {"spring-security-", "org.springframework.security"},
	{"spring-data-", "org.springframework.data"}, {"spring-cloud-", "org.springframework.cloud"},
	{"spring-integration-", "org.springframework.integration"}, {"spring-batch-", "org.springframework.batch"},
	{"spring-ldap-", "org.springframework.ldap"}, {"spring-session-", "org.springframework.session"},
	{"spring-ws-", "org.springframework.ws"}, {"spring-amqp", "org.springframework.amqp"},
	{"spring-rabbit", "org.springframework.amqp"}, {"spring-webflow", "org.springframework.webflow"},
	{
		"jackson-dataformat-",
		"com.fasterxml.jackson.dataformat",
	}, {"jackson-datatype-", "com.fasterxml.jackson.datatype"},
	{"jackson-module-", "com.fasterxml.jackson.module"}, {"tomcat-embed-", "org.apache.tomcat.embed"},
	{"tomcat-", "org.apache.tomcat"}, {"jetty-", "org.eclipse.jetty"}, {"netty-", "io.netty"},
	{
		"log4j-",
		"org.apache.logging.log4j",
	}, {"slf4j-", "org.slf4j"}, {"shiro-", "org.apache.shiro"}, {"undertow-", "io.undertow"},
	{"lucene-", "org.apache.lucene"}, {"solr-", "org.apache.solr"}, {"hadoop-", "org.apache.hadoop"},
	{"activemq-", "org.apache.activemq"}, {"camel-", "org.apache.camel"}, {"cxf-", "org.apache.cxf"},
	{
		"poi-",
		"org.apache.poi",
	}, {"tika-", "org.apache.tika"}, {"pdfbox", "org.apache.pdfbox"}, {"batik-", "org.apache.xmlgraphics"},
	{"wicket-", "org.apache.wicket"}, {"axis2-", "org.apache.axis2"}, {"struts2-", "org.apache.struts"},
	{"grpc-", "io.grpc"}, {"vertx-", "io.vertx"}, {"micronaut-", "io.micronaut"}, {"quarkus-", "io.quarkus"},
	{"kotlin-", "org.jetbrains.kotlin"}, {"httpclient5", "org.apache.httpcomponents.client5"},
	{"httpcore5", "org.apache.httpcomponents.core5"}, {"hibernate-search-", "org.hibernate.search"},
	{
		"wildfly-",
		"org.wildfly",
	}, {"xnio-", "org.jboss.xnio"}, {"infinispan-", "org.infinispan"}, {"keycloak-", "org.keycloak"},
	{
		"zookeeper-",
		"org.apache.zookeeper",
	}, {"okhttp-", "com.squareup.okhttp3"}, {"maven-resolver-", "org.apache.maven.resolver"},
	{"maven-shared-", "org.apache.maven.shared"}, {"maven-", "org.apache.maven"}, {"wagon-", "org.apache.maven.wagon"},
	{"plexus-", "org.codehaus.plexus"}, {"error_prone_", "com.google.errorprone"},
}

// oldCommons are those libraries of Apache Commons whose group is their own name.
// Later major versions have another artifact, such as commons-lang3.
var oldCommons = map[string]bool{
	"beanutils": true, "betwixt": true, "chain": true, "cli": true, "codec": true, "collections": true,
	"configuration": true, "daemon": true, "dbcp": true, "digester": true, "discovery": true, "el": true,
	"fileupload": true, "httpclient": true, "io": true, "jelly": true, "jexl": true, "jxpath": true, "lang": true,
	"launcher": true, "logging": true, "modeler": true, "net": true, "pool": true, "validator": true, "vfs": true,
}

func inGroups(artifacts map[string]string) map[string]string {
	out := map[string]string{}
	for group, names := range artifacts {
		for name := range strings.FieldsSeq(names) {
			out[name] = group
		}
	}
	return out
}

// knownGroup is the group of a well-known artifact, or "". Some moved from one
// group to another.
func knownGroup(artifact, version string) string {
	major, _, _ := strings.Cut(version, ".")
	old := func(since string) bool { return len(major) < len(since) || len(major) == len(since) && major < since }
	switch {
	case artifact == "groovy" || strings.HasPrefix(artifact, "groovy-"):
		if old("4") {
			return "org.codehaus.groovy"
		}
		return "org.apache.groovy"
	case artifact == "poi":
		return "org.apache.poi"
	case artifact == "dom4j" && !old("2"):
		return "org.dom4j"
	case strings.HasPrefix(artifact, "jetty") && old("7"):
		return "org.mortbay.jetty"
	case strings.HasPrefix(artifact, "http2-"):
		return "org.eclipse.jetty.http2"
	case strings.HasPrefix(artifact, "velocity") && strings.HasPrefix(version, "1.7"):
		return "org.apache.velocity"
	}
	if group := groups[artifact]; group != "" {
		return group
	}
	if name, ok := strings.CutPrefix(artifact, "commons-"); ok && oldCommons[name] {
		return artifact
	}
	for _, f := range families {
		if strings.HasPrefix(artifact, f.prefix) {
			return f.group
		}
	}
	return ""
}

// known returns guessed coordinates with the group of a well-known artifact that
// the file or the manifest names. Manifests have no field for the group.
func (c coordinates) known(base string) coordinates {
	stem, _ := fileVersion(base)
	for _, artifact := range [...]string{stem, c.artifact} {
		if group := knownGroup(artifact, c.version); group != "" {
			return coordinates{group, artifact, c.version}.release()
		}
	}
	// A title may be both: "org.apache.xmlgraphics:batik-all".
	if group, artifact, ok := strings.Cut(c.artifact, ":"); ok {
		return coordinates{group, artifact, c.version}
	}
	return c
}

// release is the release that a version for OSGi means: Derby's 10.16.1.1 is
// 10.16.1000001.1901046, whose last number is a revision.
func (c coordinates) release() coordinates {
	parts := strings.Split(c.version, ".")
	if c.group != "org.apache.derby" || len(parts) != 4 || len(parts[2]) < 7 || !isNumber(strings.Join(parts, "")) {
		return c
	}
	third, fourth := parts[2][:len(parts[2])-6], strings.TrimLeft(parts[2][len(parts[2])-6:], "0")
	c.version = strings.Join([]string{parts[0], parts[1], third, cmp.Or(fourth, "0")}, ".")
	return c
}

// tomcatTitle is how all archives of Tomcat call themselves.
const tomcatTitle = "Apache Tomcat"

// ofTomcat returns the coordinates of an archive in Tomcat's own lib directory:
// catalina.jar is tomcat-catalina.
func ofTomcat(base, version string) coordinates {
	artifact := strings.TrimSuffix(base, path.Ext(base))
	switch {
	case artifact == "catalina-tribes" || artifact == "catalina-storeconfig":
		artifact = "tomcat-" + strings.TrimPrefix(artifact, "catalina-")
	case !strings.HasPrefix(artifact, "tomcat"):
		artifact = "tomcat-" + artifact
	}
	return coordinates{"org.apache.tomcat", artifact, version}
}
